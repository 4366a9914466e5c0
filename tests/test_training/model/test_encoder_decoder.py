import numpy as np
import pytest
import torch

from streaming.errors import SettingsError
from streaming.serving.catalogue import ALWAYS
from training.model.features import (
    FIELDS,
    STEP_KINDS,
    Embedder,
    fingerprint,
    posting_features,
    posting_phrases,
    posting_text,
    requirement_steps,
    stated_features,
    stated_steps,
)
from training.model.network import BLOCKS, EncoderDecoder, Steps
from training.model.presets import preset_by_name, published
from training.model.time_encoding import EVENT_TIME_FEATURES, event_time_features, freshness
from training.similarity.distances import cosine, euclidean
from training.text.lexical_vectors import Lexicon
from training.text.random_projection import random_signs
from training.text.word_embeddings import train_word_vectors

CONFIG = published().model
JAVA = {
    "title": "Java developer",
    "skills": ["Java", "Spring"],
    "employer": "Acme Ltd",
    "place": {"locality": "Leeds", "region": "England", "country": "GB"},
    "salary": {"currency": "GBP", "minimum": 40_000.0, "maximum": 50_000.0, "unit": "YEAR"},
}
TAX = {"title": "税务会计", "skills": ["会计", "税务"], "employer": "acme  ltd"}


@pytest.fixture(scope="module")
def embedder():
    texts = [posting_text(JAVA), posting_text(TAX)] * 5
    lexicon = Lexicon.of([posting_phrases(JAVA), posting_phrases(TAX)] * 5)
    return Embedder(train_word_vectors(texts, dimensions=300, seed=1), lexicon)


def block(features, name):
    return features.fields[:, FIELDS.index(name)]


def test_an_absent_field_is_zero_and_equal_values_are_equal(embedder):
    features = posting_features([JAVA, TAX, {"title": ""}], embedder, CONFIG)
    employers = block(features, "employer")
    assert np.array_equal(employers[0], employers[1])  # case and spaces do not count
    assert not employers[2].any()
    assert not block(features, "place")[1].any()
    assert not features.text[2].any()
    assert not features.words[2].any()


def test_near_salaries_are_alike_whatever_their_unit(embedder):
    monthly = {**JAVA, "salary": {**JAVA["salary"], "minimum": 3_750, "maximum": None}}
    monthly["salary"]["unit"] = "MONTH"
    double = {**JAVA, "salary": {**JAVA["salary"], "minimum": 200_000, "maximum": None}}
    one, same, other = block(posting_features([JAVA, monthly, double], embedder, CONFIG), "salary")
    assert one @ same == pytest.approx(1.0)
    assert one @ other < 0.7


@pytest.mark.parametrize("amount", [0.0, -5.0, float("nan"), float("inf")])
def test_a_senseless_salary_says_nothing(embedder, amount):
    posting = {**JAVA, "salary": {"minimum": amount, "maximum": None}}
    assert not block(posting_features([posting], embedder, CONFIG), "salary").any()


def test_a_stated_place_meets_the_place_of_a_posting(embedder):
    steps = stated_steps({"places": ["Leeds, England"], "skills": ["Java", " "]}, CONFIG)
    assert [step.kind for step in steps] == ["place", "skill"]
    stated = stated_features(steps, embedder, CONFIG)
    posting = posting_features([JAVA], embedder, CONFIG)
    assert block(stated, "place")[0] @ block(posting, "place")[0] > 0.8
    assert not stated.text[0].any()
    assert stated.words[1] @ posting.words[0] > 0.3


def test_a_profile_without_stated_part_has_no_steps():
    assert stated_steps(None, CONFIG) == []


def test_dates_and_ids_change_no_fingerprint_and_texts_do():
    assert fingerprint({**JAVA, "posting_id": "x"}) == fingerprint({**JAVA, "open": False})
    assert fingerprint(JAVA) != fingerprint({**JAVA, "title": "other"})


def test_signs_are_fixed_and_nearly_orthogonal():
    drawn = np.stack([random_signs(f"word {n}", 256) for n in range(50)])
    assert np.allclose(np.diag(drawn @ drawn.T), 1)
    assert np.abs(drawn @ drawn.T - np.eye(50)).max() < 0.4
    assert random_signs("word 1", 8).tolist() == random_signs("word 1", 8).tolist()


def test_words_never_seen_before_still_meet():
    lexicon = Lexicon.of([["java developer"]])
    one, two, other = lexicon.encode([["cobol"], ["cobol java"], ["nurse"]], 256)
    assert one @ two > 0.5
    assert abs(one @ other) < 0.3


def test_a_phrase_is_closer_to_itself_than_to_its_words_elsewhere():
    lexicon = Lexicon.of([["java developer"], ["web developer"], ["java", "web"]] * 2)
    asked, same, apart = lexicon.encode(
        [["java developer"], ["java developer", "web"], ["java", "web developer"]], 512
    )
    assert asked @ same > asked @ apart + 0.2


def test_what_a_posting_asks_for_is_stated_as_candidates_would():
    posting = {"skills": ["Java", " ", "会计"], "occupation": "Java", "language": "en"}
    steps = requirement_steps(posting)
    assert [(step.kind, step.text, step.language) for step in steps] == [
        ("skill", "Java", "en"),
        ("skill", "会计", "zh"),
    ]
    assert requirement_steps({"title": "Baker"}) == []


def random_steps(count, length, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Steps(
        torch.randn(count, length, width, generator=generator),
        torch.randint(0, len(STEP_KINDS), (count, length), generator=generator),
        torch.rand(count, length, EVENT_TIME_FEATURES, generator=generator),
        torch.tensor([length - number for number in range(count)]),
    )


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return EncoderDecoder(CONFIG, ids=5).eval()


def test_shapes_of_the_published_preset(model):
    width = len(model.block_of)
    assert (model.encoder.hidden_size, model.decoder.hidden_size) == (128, 128)
    assert model.text.in_features == 300
    queries, tastes = model(random_steps(3, 7, width), torch.randn(3, 4, width))
    assert queries.shape == (3, 4, width)
    assert tastes.shape == (3, 4, 3)


def test_words_are_asked_for_with_one_strength_however_many_steps_ask(model):
    steps = random_steps(3, 7, len(model.block_of))
    encoded, state = model.encode(steps)
    decision = model.decide(encoded, state, model.first_input(3))
    asked = (decision.attention[:, None, :] @ encoded.contents)[:, 0][:, model.copied]
    query = decision.query[:, model.copied]
    assert torch.allclose(torch.cosine_similarity(query, asked), torch.ones(3), atol=1e-5)
    learned = model.gates.bias[BLOCKS.index("words")].exp()
    assert torch.allclose(query.norm(dim=1), learned.expand(3), rtol=0.5)
    wordless = Steps(
        steps.vectors * ~model.copied, steps.kinds, steps.time_features, lengths=steps.lengths
    )
    encoded, state = model.encode(wordless)
    query = model.decide(encoded, state, model.first_input(3)).query
    assert torch.isfinite(query).all()
    assert query[:, model.copied].eq(0).all()


def test_attention_sums_to_one_and_leaves_padding_out(model):
    steps = random_steps(3, 7, len(model.block_of))
    encoded, state = model.encode(steps)
    attention = model.decide(encoded, state, model.first_input(3)).attention
    assert torch.allclose(attention.sum(dim=1), torch.ones(3))
    assert attention[2, 5:].eq(0).all()


def test_padding_changes_nothing(model):
    width = len(model.block_of)
    steps = random_steps(1, 5, width)
    padded = Steps(
        torch.cat([steps.vectors, torch.randn(1, 3, width)], dim=1),
        torch.cat([steps.kinds, torch.ones(1, 3, dtype=torch.int64)], dim=1),
        torch.cat([steps.time_features, torch.rand(1, 3, EVENT_TIME_FEATURES)], dim=1),
        steps.lengths,
    )
    targets = torch.randn(1, 2, width)
    for one, other in zip(model(steps, targets), model(padded, targets), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_the_decoder_sees_only_earlier_targets(model):
    width = len(model.block_of)
    steps, targets = random_steps(2, 4, width), torch.randn(2, 3, width)
    changed = targets.clone()
    changed[:, 1] += 1
    before, after = model(steps, targets)[0], model(steps, changed)[0]
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2], after[:, 2])


def test_a_posting_never_seen_has_no_id_block(model, embedder):
    features = posting_features([JAVA], embedder, CONFIG)
    parts = [torch.from_numpy(p) for p in (features.text, features.words, features.fields)]
    vectors = model.posting_vectors(*parts, torch.tensor([0]))
    assert vectors[:, model.block_of == BLOCKS.index("id")].eq(0).all()


def test_ages_and_durations_stay_in_bounds():
    day = 86_400_000_000
    times = np.array([0, 400 * day, 500 * day], dtype=np.int64)
    numbers = event_time_features(times, np.array([np.nan, 5, 1e9], np.float32), 400 * day)
    assert numbers.shape == (3, EVENT_TIME_FEATURES)
    assert (numbers >= 0).all()
    assert (numbers <= 1.5).all()
    assert numbers[1, 0] == numbers[2, 0] == 0  # the future has no age


def test_freshness_falls_with_age_and_is_zero_without_a_date():
    day = 86_400_000_000
    opens = torch.tensor([0, 9 * day, ALWAYS])
    old, new, undated = freshness(opens, torch.tensor([10 * day]))[0]
    assert (old < new).all()
    assert undated.eq(0).all()


def test_similarities_of_vectors():
    one = np.array([[1.0, 0.0], [0.0, 0.0]])
    other = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]])
    assert cosine(one, other).tolist() == [[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]]
    assert np.allclose(euclidean(one, other)[0], [1 / 2, 1 / (1 + 10**0.5), 1 / 3])
    assert euclidean(one, one).diagonal().tolist() == [1.0, 1.0]


def test_an_unknown_preset_lists_the_known():
    with pytest.raises(SettingsError, match="no preset 'nest'; choose one of: published"):
        preset_by_name("nest")
    assert preset_by_name("published") == published()


def test_a_preset_is_checked():
    with pytest.raises(ValueError, match="epochs"):
        published().training.model_validate({**published().training.model_dump(), "epochs": 0})
