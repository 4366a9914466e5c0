"""A trained ranker with a taxonomy: what people state in one language finds postings in another."""

import pyarrow.compute as pc
import pytest

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.serving.catalogue import Catalogue
from streaming.settings import TrainingSettings
from training.content_ranker.stated_score import FEATURES
from training.content_ranker.two_stage_ranker import TwoStageRanker
from training.data.dataset import Dataset, add_taxonomy
from training.fitting.fit import fit
from training.model.features import StatedStep
from training.ranking.requirements import requirements

MOMENT = "2026-12-01T00:00:00.000000Z"
MARKET = Market(
    MarketConfig(
        candidates=60, postings=300, events_per_candidate=8, days=20, occupations=8,
        share_chinese=0.5, seed=3,
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def ranker(tmp_path_factory, market_writer):
    folder = market_writer(MARKET)
    add_taxonomy(folder, embedded_taxonomy())
    run = tmp_path_factory.mktemp("run")
    fitted = fit(folder, run, TrainingSettings(epochs=1, processes=1)).ranker
    saved = tmp_path_factory.mktemp("saved")
    fitted.save(saved)
    return TwoStageRanker.load(saved), Dataset.read(folder).catalogue


@pytest.fixture(scope="module")
def english(ranker, tmp_path_factory):
    """The folder of the English postings alone, and these."""
    own, catalogue = ranker
    table = catalogue.table.filter(pc.equal(catalogue.table["language"], "en"))
    only, folder = Catalogue.of(table, 0), tmp_path_factory.mktemp("english")
    own.prepare(only, folder)
    return folder, only


def profile(**stated):
    said = {"updated_at": MOMENT, "language": "zh", **stated}
    empty = {"offsets": {}, "as_of": MOMENT, "events": [], "applied": [], "dismissed": []}
    return {"candidate_id": "c", "version": 1, "stated": said, **empty}


def test_a_chinese_wish_finds_english_postings(ranker, english):
    own, _ = ranker
    folder, _ = english
    wanted = MARKET.occupation_of_postings()
    hits = []
    for occupation in sorted(set(wanted.values())):
        concept = embedded_taxonomy().by_id[f"careerstream:{occupation}"]
        [items] = own.rank([profile(wishes=[concept.name_in("zh")])], [MOMENT], folder, 5)
        found = [wanted[item["posting_id"]] for item in items]
        hits.append(found.count(occupation))
    # one epoch over sixty people; by chance one in eight would be of the occupation
    assert sum(hits) >= 2 * 5 * len(hits) / 8


def test_concepts_are_features_of_statements_over_a_prepared_catalogue(ranker, english):
    own, _ = ranker
    folder, only = english
    features = own.content_score(folder).stated
    row = 0
    posting = only.table.slice(row, 1).to_pylist()[0]
    concept = own.encoder_decoder.embedder.mapper.best(posting["occupation"], "occupation").concept
    steps = [StatedStep("wish", concept.name_in("zh"), "zh")]
    steps += [StatedStep("skill", text, "en") for text in posting["skills"][:2]]
    values = dict(zip(FEATURES, features.compute(steps)[:, row].tolist(), strict=True))

    assert values["occupation"] == 1.0
    assert values["required skills"] == pytest.approx(2 / len(set(posting["skills"])))


def test_requirements_are_met_in_either_language_and_by_positions_held(ranker):
    own, _ = ranker
    mapper = own.encoder_decoder.embedder.mapper
    accountant = embedded_taxonomy().by_id["careerstream:accountant"]
    posting = {"skills": ["Accounting", "tax", "knitting"]}
    [chinese] = requirements([posting], profile(skills=["会计"]), mapper)
    [held] = requirements([posting], profile(experience=[{"title": "Accountant"}]), mapper)
    [words] = requirements([posting], profile(skills=["Knitting "]), None)

    assert (chinese.met, chinese.share) == (("Accounting",), 2 / 5)
    assert len(accountant.essential_skills) == 3
    assert held.met == ("Accounting", "tax")
    assert (words.met, words.missing) == (("knitting",), ("Accounting", "tax"))
    assert requirements([{}], profile(), mapper)[0].share == 0.5


def test_of_no_postings_nothing_is_required(ranker, english):
    own, _ = ranker
    folder, _ = english
    assert own.requirements(profile(skills=["tax"]), [], folder) == []
