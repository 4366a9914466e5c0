"""Presets: named configurations, each a function."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streaming.errors import SettingsError, one_line


class Config(BaseModel):
    """Base of configurations: frozen, keyword-only, checked at construction."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Decoding(StrEnum):
    """How a list is made of decoding steps (`training.ranking.decoding`), the cheaper first."""

    FIRST = "first"
    """By the scores of the first step."""
    GREEDY = "greedy"
    """Each step emits the most probable posting, which the next step reads."""


class ModelConfig(Config):
    """The shape of the encoder-decoder."""

    word_dimensions: int = Field(ge=1, description="of a word vector")
    text_dimensions: int = Field(ge=1, description="of a posting vector's block for its text")
    lexical_dimensions: int = Field(
        ge=8, le=512, multiple_of=8, description="of a posting vector's block for its words"
    )
    field_dimensions: int = Field(
        ge=8, le=512, multiple_of=8, description="of a posting vector's block for each field"
    )
    id_dimensions: int = Field(ge=1, description="of a posting vector's block for its id")
    relations: int = Field(
        ge=1, description="rank of the learned map from what a step is to what it asks for"
    )
    hidden: int = Field(ge=1, description="units of the encoder and of the decoder")
    dropout: float = Field(ge=0, lt=1, description="share of each input vector dropped in training")
    description_weight: float = Field(
        ge=0, description="of a posting's description beside its title and its skills"
    )
    most_events: int = Field(ge=1, description="newest events that are read of a profile")
    most_stated: int = Field(ge=1, description="entries that are read of each stated field")
    decoding: Decoding = Field(
        description="how lists are made, unless the other way ranks better after training"
    )


class TrainConfig(Config):
    """How the encoder-decoder is trained."""

    epochs: int = Field(ge=1, description="passes over the candidates")
    batch_size: int = Field(ge=1, description="examples per step, over all processes together")
    validation_split: float = Field(
        ge=0, lt=1, description="share of the events, the newest, that is never trained on"
    )
    learning_rate: float = Field(gt=0, description="Adam's, at its peak")
    weight_decay: float = Field(ge=0, description="pull towards zero (decoupled, as in AdamW)")
    gradient_norm: float = Field(gt=0, description="longer gradients are shortened to it")
    steps: int = Field(ge=1, description="decoding steps, that is, targets, per example")
    prefixes: int = Field(ge=1, description="examples drawn from each candidate in an epoch")
    stated_dropout: float = Field(
        ge=0, le=1, description="share of the examples that lose the stated part"
    )
    events_dropout: float = Field(
        ge=0, le=1, description="share of the examples that keep nothing but the stated part"
    )
    described: float = Field(
        ge=0,
        lt=1,
        description="examples that state what a posting asks for and have that posting as target, "
        "per example of a candidate",
    )
    id_dropout: float = Field(
        ge=0, lt=1, description="share of the postings whose id block is zero in a step"
    )
    softmax_postings: int = Field(
        ge=1, description="full softmax up to so many postings, sampled with correction above"
    )
    sampled_postings: int = Field(
        default=2_000, ge=1, description="how many are sampled in a step where it is not full"
    )


class Preset(Config):
    """A whole configuration, with a name."""

    name: str = Field(description="its name")
    model: ModelConfig = Field(description="the shape")
    training: TrainConfig = Field(description="the training")
    content: bool = Field(
        default=False,
        description="whether a ranker in two stages is trained on it (`training.content_ranker`)",
    )


def published() -> Preset:
    """Return the preset with the shape and the numbers of the published description.

    Word vectors of 300 dimensions; LSTMs of 128 units as encoder and as decoder, which starts from
    the encoder's state with a start token; attention a = softmax_i sigma(W_a [h_(t-1); h_i]) and
    s = Σ a_i h_i; greedy decoding; cross-entropy, Adam, accuracy; 10 epochs, batches of 64, the
    last 20 % for validation.

    Differences from the description, with their reasons:

    - It emits postings, scored by an inner product with posting vectors; the description emits
      words. A list of postings is wanted, and most postings that people look at next are new.
    - The target is shifted: step t reads the targets before t. Unshifted, as in the description's
      code, the decoder would learn to copy.
    - It has the attention, which the description's code omits. A sigmoid keeps the weights within a
      factor of e of each other, so a learned factor precedes it, 1 at first.
    - The query is the sum of a function of the decoder's state and of the attended vectors. The
      similarity to what the profile names therefore counts from the first epoch on, and for words
      that no training profile held. It also makes the reasons exact. A learned low-rank map
      (`relations`) adds what goes together: candidates who look at this also want that.
    - Besides the mean of its word vectors, a text has a block for its words (`Lexicon`): word
      vectors alone cannot tell accounting from auditing. Only the weight of the block is learned,
      so that it compares words as a TF-IDF cosine does.
    - Some examples are made of postings: they state what the posting of a random event requires,
      and have that posting as target. Few candidates name any one skill, and these examples teach
      what each skill stands for.
    - Freshness adds to the score, with weights that depend on the state: people look at new
      postings.
    - Weights of the blocks of a posting vector depend on the state (see `training.model.network`).
    - The 20 % are the newest events: a random part would show the model the future. Several
      prefixes of each candidate are examples. Some lack the stated part and others the events, so
      that the model can rank by either alone.
    - Dropout, weight decay, an annealed learning rate and clipped gradients: without them the data
      of a small site overfit within 10 epochs.
    - Greedy decoding chooses among the postings that the first step scores best, as many as the
      list has places. With a free choice from all postings, later steps drift away from the profile
      (HR@10 .81 instead of .84 on simulated validation data), and so does a beam search.
    - No employer has more than half of a list's places, unless nothing else is left.
    """
    model = ModelConfig(
        word_dimensions=300,
        text_dimensions=128,
        lexical_dimensions=256,
        field_dimensions=24,
        id_dimensions=32,
        relations=16,
        hidden=128,
        dropout=0.2,
        description_weight=0.3,
        most_events=50,
        most_stated=16,
        decoding=Decoding.GREEDY,
    )
    training = TrainConfig(
        epochs=10,
        batch_size=64,
        validation_split=0.2,
        learning_rate=3e-3,
        weight_decay=1e-2,
        gradient_norm=5.0,
        steps=4,
        prefixes=3,
        stated_dropout=0.2,
        events_dropout=0.2,
        described=0.25,
        id_dropout=0.5,
        softmax_postings=10_000,
        sampled_postings=2_000,
    )
    return Preset(name="published", model=model, training=training)


def best() -> Preset:
    """Return the preset with the best measured quality: `published` in a ranker of two stages.

    For candidates with events, several sources retrieve postings, and all features rank them. The
    encoder-decoder alone ranks for candidates with only a stated part, by its first step: more
    steps took longer, and ranked no better.
    """
    preset = published()
    model = preset.model.model_copy(update={"decoding": Decoding.FIRST})
    return preset.model_copy(update={"name": "best", "model": model, "content": True})


PRESETS: dict[str, Callable[[], Preset]] = {"published": published, "best": best}


def preset_by_name(name: str) -> Preset:
    """Return a preset, by its name or from a JSON file, as `careerstream sweep` writes.

    Raises:
        SettingsError: no preset has the name; the message lists the names. Or the file cannot be
            read, or is no preset.
    """
    if name.endswith(".json"):
        try:
            return Preset.model_validate_json(Path(name).read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise SettingsError(f"preset {name} cannot be read: {one_line(error)}") from error
    if name not in PRESETS:
        raise SettingsError(
            f"there is no preset {name!r}; choose one of: {', '.join(PRESETS)}, or a .json file"
        )
    return PRESETS[name]()
