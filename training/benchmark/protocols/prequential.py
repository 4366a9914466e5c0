"""The protocol `prequential`: what candidates turn to next, as the promotion gate asks it.

The files are those of `careerstream import`. The newest events are held back, as `train` leaves
them to the gate, and every first turn to a posting among them is a test turn
(`training.evaluation.prequential`). Training chooses its own validation part from the rest.
"""

from pathlib import Path

from streaming.errors import InputError
from training.benchmark.protocols.question import Question, QuestionFiles
from training.data.dataset import Dataset, hold_back
from training.data.file_dataset import DatasetFiles, write_dataset
from training.evaluation.prequential import EvaluationProtocol, held_out_turns


def load(files: QuestionFiles, folder: Path, share: float) -> Question:
    """Write the dataset folder of files, and hold back a share of the events.

    Raises:
        InputError: a file cannot be read, or nothing can be asked about its newest events.
    """
    counts = write_dataset(DatasetFiles(files.data, files.postings, files.candidates), folder)
    whole = Dataset.read(folder)
    if len(whole.times):
        hold_back(folder, share)
    test = held_out_turns(whole, whole.cut(share), EvaluationProtocol())
    if not len(test):
        raise InputError(
            f"the newest {share:.0%} of the events of {files.data} hold no turn of a known "
            "candidate to an open posting: there is nothing to predict; give a longer stream"
        )
    return Question(
        dataset=folder,
        split=None,
        test=test,
        counts={
            **counts,
            "users": len(whole),
            "nothing_known": test.nothing_known,
            "left_out": test.left_out,
        },
    )
