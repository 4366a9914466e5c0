"""A registered model in a process that has careerstream: whose code runs."""

import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import pytest

MODEL = '''
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

import only_in_the_model
from training.ranking.most_popular import MostPopularRanker


class Model(PythonModel):
    """A ranker as far as its methods go."""

    def predict(self, model_input):
        return model_input

    def prepare(self, catalogue, folder):
        raise NotImplementedError

    def rank(self, profiles, as_of, folder, size):
        return MostPopularRanker.__module__ + " " + only_in_the_model.TEXT


set_model(Model())
'''
LOAD = """
import sys
from streaming.serving.model_loader import load_ranker
before = list(sys.path)
print(load_ranker(sys.argv[1]).rank([], [], None, 1))
assert sys.path == before
print(sys.modules["training"].__file__)
"""


@pytest.fixture
def model_with_older_code(tmp_path, monkeypatch):
    """A saved pyfunc whose own copies of `streaming` and `training` cannot be imported."""
    code = tmp_path / "code"
    for package in ("streaming", "training"):
        (code / package / "ranking").mkdir(parents=True)
        for folder in (code / package, code / package / "ranking"):
            (folder / "__init__.py").write_text("raise SystemError('an older release')")
    (code / "only_in_the_model").mkdir()
    (code / "only_in_the_model" / "__init__.py").write_text("TEXT = 'of the model'")
    script = tmp_path / "model.py"
    script.write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path / "saving")
    (tmp_path / "saving").mkdir()
    (tmp_path / "saving" / "only_in_the_model.py").write_text("TEXT = ''")
    folder = tmp_path / "model"
    mlflow.pyfunc.save_model(
        folder, python_model=str(script), code_paths=[str(path) for path in code.iterdir()]
    )
    return folder


def test_installed_packages_replace_all_of_a_models_older_copies(model_with_older_code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(model_with_older_code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer, training = done.stdout.splitlines()
    assert answer == "training.ranking.most_popular of the model"
    assert not Path(training).is_relative_to(model_with_older_code)
