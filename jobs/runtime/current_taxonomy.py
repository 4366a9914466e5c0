"""The taxonomy that a training maps titles and skills to: imported, or the embedded one."""

from pyspark.sql import SparkSession

from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.errors import SettingsError
from streaming.lake.taxonomy_tables import read_taxonomies
from streaming.settings import Settings
from streaming.taxonomy.concept import EMBEDDED, Taxonomy


def current_taxonomy(spark: SparkSession, settings: Settings) -> Taxonomy | None:
    """Return the taxonomy that the setting `training.taxonomy` names; None for `none`.

    Raises:
        SettingsError: no taxonomy of that name was imported.
    """
    wanted = settings.training.taxonomy
    if wanted == "none":
        return None
    known = {EMBEDDED: embedded_taxonomy(), **read_taxonomies(spark, settings)}
    if wanted == "auto":
        return max(known.values(), key=lambda one: (len(one.concepts), one.source))
    if wanted not in known:
        raise SettingsError(
            f"training.taxonomy {wanted!r} is not in the lake; import it with `careerstream import"
            f" taxonomy`, or give auto, none or one of: {', '.join(sorted(known))}"
        )
    return known[wanted]
