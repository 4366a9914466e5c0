"""All occupations, in an order in which the first few already are a mixed market."""

from itertools import chain, zip_longest

from infra.simulator.vocabulary.care import CARE
from infra.simulator.vocabulary.commerce import COMMERCE
from infra.simulator.vocabulary.engineering import ENGINEERING
from infra.simulator.vocabulary.occupation import Occupation
from infra.simulator.vocabulary.office import OFFICE
from infra.simulator.vocabulary.software import SOFTWARE
from infra.simulator.vocabulary.trades import TRADES

_GROUPS = (SOFTWARE, OFFICE, CARE, TRADES, COMMERCE, ENGINEERING)

OCCUPATIONS: tuple[Occupation, ...] = tuple(
    occupation for occupation in chain(*zip_longest(*_GROUPS)) if occupation is not None
)
"""One occupation of each group in turn. The order is part of what a seed means."""
