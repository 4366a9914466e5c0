"""The start of a training that goes on from an earlier model."""

from collections.abc import Sequence
from pathlib import Path

import torch

from streaming.errors import ModelError, one_line
from training.model.network import EncoderDecoder
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

_IDS = "ids.weight"


def warm_start(model: EncoderDecoder, folder: Path, ids: Sequence[str]) -> None:
    """Give a network the weights of the encoder-decoder in a model folder.

    `ids` are the postings that have an id block in the network, in the order of its numbers. Those
    that the earlier model lacks keep the block that they begin with.

    Raises:
        ModelError: the folder is incomplete, or the earlier network has another shape.
    """
    earlier = EncoderDecoderRanker.load(folder)
    weights, table = earlier.model.state_dict(), model.get_parameter(_IDS).detach().clone()
    numbers = {posting_id: number for number, posting_id in enumerate(earlier.ids, start=1)}
    known = torch.tensor([0, *(numbers.get(posting_id, 0) for posting_id in ids)])
    try:
        table[known > 0] = weights[_IDS][known[known > 0]].to(table.device)
        model.load_state_dict(weights | {_IDS: table})
    except (RuntimeError, IndexError) as error:
        raise ModelError(
            f"the model in {folder} has another shape ({one_line(error)}); train without it"
        ) from error
