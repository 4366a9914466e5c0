"""The normal form in which names are compared: of employers, places and skills."""

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def comparable(name: str | None) -> str:
    """Return a name in Unicode's form NFKC, case-folded, with single blanks; '' for no name.

    Accents may be composed or not, letters full or half width (Unicode Standard Annex #15), and
    invisible characters do not count. Punctuation does: "Acme, Inc." is not "Acme Inc".
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name or ""))
    # Folding can decompose what was composed: the dotted capital I of Turkish.
    return " ".join(unicodedata.normalize("NFKC", visible.casefold()).split())
