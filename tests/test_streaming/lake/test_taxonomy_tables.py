"""Taxonomies in the lake: imported, replaced, beside one another."""

import pytest

from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.errors import InputError
from streaming.lake.taxonomy_tables import read_taxonomies, write_taxonomy
from streaming.settings import Settings
from streaming.taxonomy.concept import Taxonomy

pytestmark = pytest.mark.spark


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def test_a_taxonomy_comes_back_as_it_was_and_replaces_only_itself(spark, settings):
    assert read_taxonomies(spark, settings) == {}
    whole = embedded_taxonomy()
    other = Taxonomy.of(
        "ESCO", (one.model_copy(update={"source": "ESCO"}) for one in whole.concepts)
    )
    first = write_taxonomy(spark, settings, whole)
    again = write_taxonomy(spark, settings, whole)
    write_taxonomy(spark, settings, other)
    write_taxonomy(spark, settings, Taxonomy.of(whole.source, whole.concepts[:-1]))
    known = read_taxonomies(spark, settings)

    assert first == again  # nothing changed, so no version was made
    assert known["ESCO"].version == other.version
    assert known[whole.source].by_id.keys() == whole.by_id.keys() - {whole.concepts[-1].concept_id}


def test_a_name_cannot_break_out_of_its_condition(spark, settings):
    whole = embedded_taxonomy()
    with pytest.raises(InputError, match="quotation mark"):
        write_taxonomy(spark, settings, Taxonomy.of("x' OR 1=1 --", whole.concepts))
