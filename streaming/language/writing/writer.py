"""Rewrites postings: by a language model where there is one, else by rules; facts are checked."""

from dataclasses import dataclass, replace

from streaming.contract.records import Posting
from streaming.contract.rewrite import ModelOutcome, SectionKind
from streaming.importing.parsers.html_text import guess_language, plain_text
from streaming.language.models.model import LanguageModel
from streaming.language.writing.facts.fact_check import Verdict, compare, found_statements
from streaming.language.writing.facts.fact_finder import FactFinder
from streaming.language.writing.facts.vocabulary import Vocabulary
from streaming.language.writing.field_lines import field_lines
from streaming.language.writing.model_text import PROMPT_VERSION, model_body
from streaming.language.writing.readability import readability
from streaming.language.writing.rewriting import RULES, RULES_VERSION, Rewriting, section_text
from streaming.language.writing.section_kind import Language
from streaming.language.writing.statements import Statement, read_statements
from streaming.language.writing.template import body_text
from streaming.language.writing.wording import remarks_on, reworded

LONGEST_DESCRIPTION = 40_000
"""Characters of a description that is rewritten; real ones have up to 6,000. It bounds the work."""

NO_MODEL = "no language model is set (language.model): written by rules"


@dataclass(frozen=True)
class Source:
    """A posting as it is read before it is rewritten."""

    posting: Posting
    language: Language
    finder: FactFinder
    description: str
    """Without markup and control characters."""
    statements: list[Statement]

    @classmethod
    def of(cls, posting: Posting, vocabulary: Vocabulary) -> "Source":
        """Read a posting."""
        description = plain_text(posting.description or "")
        statements = read_statements(description, posting.employer)
        finder = FactFinder.of(vocabulary, posting)
        return cls(posting, _language_of(posting), finder, description, statements)

    def check(self, body: str, fields: str, *, across_languages: bool = False) -> Verdict:
        """Compare the sections of a rewritten text with the description; fields are given."""
        plain = [Statement(own.kind, reworded(own.text)) for own in self.statements]
        given = [Statement(SectionKind.GLANCE, line) for line in fields.split("\n")]
        return compare(
            found_statements(self.finder, plain),
            found_statements(self.finder, read_statements(body, self.posting.employer)),
            given=found_statements(self.finder, given),
            across_languages=across_languages,
        )


@dataclass(frozen=True)
class Writer:
    """Rewrites postings: by a model whose text passes the check, else by rules."""

    vocabulary: Vocabulary
    model: LanguageModel | None = None
    hide_employer: bool = False
    """Whether the model must not see who hires."""

    @property
    def version(self) -> str:
        """What texts are a function of, beside the posting and the language."""
        if self.model is None:
            return f"rules {RULES_VERSION}"
        hidden = ", employers hidden" if self.hide_employer else ""
        return f"rules {RULES_VERSION}, {self.model.name}, prompt {PROMPT_VERSION}{hidden}"

    def write(self, posting: Posting, language: Language | None = None) -> Rewriting:
        """Rewrite a posting.

        Args:
            posting: it stays as it is.
            language: of the rewritten text; None: the posting's own. By rules alone, headings and
                fields are in it, and sentences stay in their own.
        """
        if len(posting.description or "") > LONGEST_DESCRIPTION:
            return _too_long(posting, language or _language_of(posting))
        source = Source.of(posting, self.vocabulary)
        chosen = language or source.language
        if self.model is None:
            return replace(_by_rules(source, chosen), notice=NO_MODEL)
        body, error = self._asked(source, chosen)
        if body is None:
            return replace(
                _by_rules(source, chosen),
                notice=f"written by rules: {error}",
                model=ModelOutcome.UNANSWERED,
            )
        head = _head(source, chosen)
        across = chosen != source.language
        verdict = source.check(body, head.partition("\n")[2], across_languages=across)
        text = f"{head}\n\n{body}"
        if not verdict.passed:
            rules = _by_rules(source, chosen)
            notice = f"the text of {self.model.name} was refused; written by rules"
            problems = (*verdict.problems(), *rules.problems)
            return replace(
                rules,
                notice=notice,
                model=ModelOutcome.REFUSED,
                problems=problems,
                refused=text,
            )
        own = _result(source, chosen, text, verdict)
        return replace(
            own,
            author=self.model.name,
            prompt_version=PROMPT_VERSION,
            model=ModelOutcome.WRITTEN,
            translated=True,
        )

    def _asked(self, source: Source, language: Language) -> tuple[str | None, str | None]:
        """Return the model's sections in plain text, or why there are none."""
        if self.model is None:
            return None, None
        employer = source.posting.employer
        hidden = (employer,) if self.hide_employer and employer else ()
        text, error = model_body(self.model, source.statements, language, hidden)
        return (plain_text(text), None) if text else (None, error)


def _head(source: Source, language: Language) -> str:
    """Return the title and what the fields say; no model writes these."""
    fields = field_lines(source.posting, language)
    glance = section_text(SectionKind.GLANCE, fields, language) if fields else ""
    return "\n\n".join(filter(None, (f"# {_title(source.posting)}", glance)))


def _by_rules(source: Source, language: Language) -> Rewriting:
    body = body_text(source.statements, language)
    fields = "\n".join(field_lines(source.posting, language))
    text = "\n\n".join(filter(None, (_head(source, language), body)))
    return _result(source, language, text, source.check(body, fields))


def _result(source: Source, language: Language, text: str, verdict: Verdict) -> Rewriting:
    posting, before = source.posting, readability(source.description, source.language)
    return Rewriting(
        posting_id=posting.posting_id,
        title=_title(posting),
        language=language,
        translated=language == source.language,
        text=text if verdict.passed else None,
        author=RULES,
        prompt_version=None,
        remarks=tuple(remarks_on(f"{posting.title}\n{source.description}")),
        problems=tuple(verdict.problems()),
        before=before,
        after=readability(text, source.language) if verdict.passed else None,
        facts=verdict.facts,
        refused=None if verdict.passed else text,
    )


def _too_long(posting: Posting, language: Language) -> Rewriting:
    length = len(posting.description or "")
    return Rewriting(
        posting_id=posting.posting_id,
        title=_title(posting)[:200],
        language=language,
        translated=False,
        text=None,
        author=RULES,
        prompt_version=None,
        remarks=(),
        problems=(
            (
                f"the description has {length:,} characters, more than {LONGEST_DESCRIPTION:,};"
                " shorten it"
            ),
        ),
        before=readability("", language),
        after=None,
        facts=0,
    )


def _title(posting: Posting) -> str:
    return " ".join(plain_text(posting.title).split())


def _language_of(posting: Posting) -> Language:
    """Return the language of a posting's text; one in another script counts as English."""
    found = guess_language((posting.description or posting.title)[:LONGEST_DESCRIPTION])
    return "zh" if found == "zh" else "en"
