"""A language model as text encoder: a tiny BERT with random weights, really read with."""

import json
import sqlite3
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from infra.simulator import Market, MarketConfig
from streaming.dependencies import CACHE_VARIABLE
from streaming.errors import InputError, MissingDependencyError, ModelError
from streaming.serving.catalogue import Catalogue
from streaming.settings import TrainingSettings
from streaming.timestamps import parse_timestamp
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.model.features import Embedder
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.registry.packaging import requirements
from training.text.encoder_factory import choose_encoder, load_encoder
from training.text.lexical_vectors import Lexicon
from training.text.vector_cache import VectorCache
from training.text.word_embeddings import TextEncoder

TEXTS = ["Java developer", "senior nurse", "会计 税务", "Java 开发", "nurse"]
DIMENSIONS = 32


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A folder of transformers: vocabulary, configuration and random weights."""
    pytest.importorskip("sentence_transformers", reason="the extra lm is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra lm is not installed")

    folder = tmp_path_factory.mktemp("bert")
    letters = [*"abcdefghijklmnopqrstuvwxyz会计税务开发"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    words += [f"##{letter}" for letter in letters]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": DIMENSIONS, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.BertConfig(vocab_size=len(words), intermediate_size=64, **shape)
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def opened(folder, texts=TEXTS):
    return choose_encoder(str(folder), texts, dimensions=300, seed=1)


def counted(encoder):
    """A list that grows by one with every text that the model really reads."""
    reads: list[None] = []
    encoder.model.model.register_forward_hook(lambda *_: reads.append(None))
    return reads


def test_texts_become_unit_vectors_each_by_itself(tiny):
    encoder = opened(tiny)
    assert isinstance(encoder, TextEncoder)
    assert encoder.dimensions == DIMENSIONS
    encoded = encoder.encode([*TEXTS, "", " "])
    assert np.allclose(np.linalg.norm(encoded, axis=1), [1, 1, 1, 1, 1, 0, 0])
    alone = np.concatenate([opened(tiny).encode([text]) for text in TEXTS])
    assert np.array_equal(encoded[: len(TEXTS)], alone)
    assert not np.allclose(encoded[0], encoded[1])


def test_vectors_do_not_depend_on_what_is_kept_or_read_beside(tiny, tmp_path, monkeypatch):
    encoded = opened(tiny).encode(TEXTS)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "empty"))
    assert np.array_equal(opened(tiny, TEXTS[::-1]).encode(TEXTS), encoded)


def test_a_text_is_read_once_on_a_machine(tiny, tmp_path):
    encoder = opened(tiny)
    reads = counted(encoder)
    encoder.encode([*TEXTS, "welder", "welder"])
    assert len(reads) == 1  # the catalogue's texts were read when the encoder was centred
    again = opened(tiny)
    reads = counted(again)
    again.encode(["welder", *TEXTS])
    assert not reads
    again.save(tmp_path)
    loaded = load_encoder(tmp_path)
    reads = counted(loaded)
    assert np.array_equal(loaded.encode(TEXTS), encoder.encode(TEXTS))
    assert not reads


def test_a_model_carries_the_encoders_files(tiny, tmp_path, monkeypatch):
    encoder = opened(tiny)
    Embedder(encoder, Lexicon.of([TEXTS])).save(tmp_path)
    expected = encoder.encode(["a new text"])
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "another machine"))
    assert np.array_equal(Embedder.load(tmp_path).encoder.encode(["a new text"]), expected)
    assert not list(tmp_path.rglob("*.bin"))  # no pickles


def test_a_trained_ranker_prepares_a_catalogue_twice_and_reads_it_once(tiny, tmp_path):
    market = Market(MarketConfig(candidates=20, postings=30, days=10, occupations=3, seed=3))
    dataset = written(market, tmp_path / "data")
    settings = TrainingSettings(preset="published", processes=1, epochs=1, text_encoder=str(tiny))
    fitted = fit(dataset, tmp_path / "run", settings)
    assert fitted.preset.model.word_dimensions == DIMENSIONS
    assert any(line.startswith("sentence-transformers==") for line in requirements(fitted.ranker))
    catalogue = Dataset.read(dataset).catalogue
    vectors = []
    for name in ("one", "two"):
        ranker = EncoderDecoderRanker.load(fitted.folder)
        reads = counted(ranker.embedder.encoder)
        (tmp_path / name).mkdir()
        ranker.prepare(catalogue, tmp_path / name)
        assert not reads
        vectors.append(ranker.posting_vectors(tmp_path / name))
    assert np.array_equal(*vectors)
    changed = catalogue.table.slice(0, 3).to_pylist()
    changed[0]["title"] = "something new"
    table = type(catalogue.table).from_pylist(changed, schema=catalogue.table.schema)
    (tmp_path / "three").mkdir()
    ranker.prepare(Catalogue.of(table, 1), tmp_path / "three")
    assert len(reads) == 1


def written(market, folder):
    """A dataset folder as the train job writes it."""

    def timed(record):
        times = ("date_posted", "valid_through", "event_time", "updated_at")
        return {
            **record,
            **{name: parse_timestamp(record[name]) for name in times if record.get(name)},
        }

    folder.mkdir()
    end = parse_timestamp("2100-01-01T00:00:00.000000Z")
    more = {"open": True, "valid_through": end}
    postings = [timed(posting) | more for posting in market.postings()]
    events = [timed(event) for event in market.events() if event["kind"] != "impression"]
    stated = [timed(candidate) for candidate in market.candidates()]
    for name, rows in (("postings", postings), ("events", events), ("stated", stated)):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    (folder / "version.json").write_text(
        json.dumps({"events": len(events), "postings_version": 1}), encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("content", [{}, {"config.json": "{}"}, {"modules.json": "no"}])
@pytest.mark.usefixtures("tiny")
def test_a_folder_that_is_no_model_is_one_line(tmp_path, content):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)
    with pytest.raises(InputError, match=r"^text encoder .*folder cannot be loaded: [^\n]*$"):
        opened(folder)


@pytest.mark.usefixtures("tiny")
def test_a_name_that_cannot_be_downloaded_is_one_line(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    named = "careerstream/no-such-model@0123abc"
    with pytest.raises(InputError, match=r"^text encoder careerstream/no-such-model@\S+ cannot be"):
        opened(named)


def test_a_model_without_its_encoders_files_is_one_line(tiny, tmp_path):
    opened(tiny).save(tmp_path)
    for file in (tmp_path / "language-model").rglob("*.safetensors"):
        file.unlink()
    with pytest.raises(ModelError, match=r"^text encoder in \S+ is not complete: .*; train again$"):
        load_encoder(tmp_path)


@pytest.mark.parametrize("named", ["/no/such/folder", "a name with spaces"])
def test_what_can_be_no_name_is_one_line(named):
    with pytest.raises(InputError, match="give a"):
        opened(named)


def test_without_the_extra_it_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(
        MissingDependencyError, match=r"is not installed; install careerstream\[lm\]$"
    ):
        opened(tmp_path)


def test_a_store_gives_what_was_kept(tmp_path):
    store = VectorCache(tmp_path / "deep" / "store.sqlite", 4)
    assert store.read(["a"]) == {}
    vectors = {f"text {n} 会\ud800": np.full(4, n, dtype=np.float16) for n in range(1200)}
    store.write(vectors)
    found = VectorCache(store.file, 4).read([*vectors, "absent"])
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[text], vector) for text, vector in vectors.items())
    assert VectorCache(store.file, 8).read(vectors) == {}  # of another length: as good as absent


@pytest.mark.parametrize("broken", [b"no database at all, whatever it was before" * 9, None])
def test_a_broken_store_is_an_empty_one(tmp_path, broken, caplog):
    file = tmp_path / "store.sqlite"
    if broken is None:
        file.mkdir()  # a folder in its place: neither read nor written
    else:
        file.write_bytes(broken)
    store = VectorCache(file, 4)
    for _ in range(2):
        store.write({"a": np.zeros(4, dtype=np.float16)})
        assert store.read(["a"]) == {}
    assert len(caplog.records) == 1


def test_a_locked_store_still_reads(tmp_path):
    store = VectorCache(tmp_path / "store.sqlite", 4)
    store.write({"a": np.ones(4, dtype=np.float16)})
    with sqlite3.connect(store.file) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "a" in store.read(["a"])
    other.close()
