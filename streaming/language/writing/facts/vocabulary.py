"""The skills and places that the facts of a posting are looked for with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streaming.contract.records import Posting
from streaming.language.lexicon import places as place_lexicon
from streaming.language.lexicon import skills as skill_lexicon
from streaming.language.writing.facts.phrase_index import PhraseIndex, names_of
from streaming.taxonomy.concept import ConceptKind, Taxonomy

_TRANSLATED = """
beijing=北京 shanghai=上海 guangzhou=广州 shenzhen=深圳 hangzhou=杭州 chengdu=成都 chongqing=重庆
wuhan=武汉 nanjing=南京 suzhou=苏州 tianjin=天津 qingdao=青岛 dalian=大连 xiamen=厦门 fuzhou=福州
ningbo=宁波 wuxi=无锡 hefei=合肥 changsha=长沙 zhengzhou=郑州 jinan=济南 shenyang=沈阳 harbin=哈尔滨
xi'an=西安 xian=西安 dongguan=东莞 foshan=佛山 zhuhai=珠海 london=伦敦 singapore=新加坡 tokyo=东京
"""
_CITIES = dict(pair.split("=") for pair in _TRANSLATED.split())
"""Cities that are one place under two names."""
_PART_OF_PLACE = re.compile(r"[,，;；/|]")
_SHORTEST_CHINESE = 2


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Skills of a taxonomy and of our own, and the names of places."""

    skills: PhraseIndex
    places: PhraseIndex

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "Vocabulary":
        """Index the skills of a taxonomy, beside the tools and places that we know ourselves."""
        concepts = taxonomy.of_kind(ConceptKind.SKILL)
        named = [(own.text, one.concept_id) for one in concepts for own in one.labels]
        lexicon = names_of({"en": skill_lexicon.ENGLISH, "zh": skill_lexicon.CHINESE})
        places = names_of({"en": place_lexicon.ENGLISH, "zh": place_lexicon.CHINESE})
        return cls(
            PhraseIndex([*_worth_finding(named), *lexicon]),
            PhraseIndex((name, place_id(folded)) for name, folded in places),
        )


def place_names(posting: Posting) -> list[str]:
    """Return the names in a posting's place, the smallest place first."""
    place = posting.place
    fields = (place.locality, place.region, place.country) if place else ()
    names = [name.strip() for field in fields if field for name in _PART_OF_PLACE.split(field)]
    return [name for name in dict.fromkeys(names) if len(name) >= _SHORTEST_CHINESE]


def place_id(name: str) -> str:
    """Return what stands for a place under all its names."""
    return _CITIES.get(name.casefold(), name.casefold())


def _worth_finding(named: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Leave out names that are ordinary words: a taxonomy has a skill 'work' or 'English'."""
    return (pair for pair in named if pair[0].casefold() not in _ORDINARY)


_ORDINARY_WORDS = "work working english teams team care support service services 工作"
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
