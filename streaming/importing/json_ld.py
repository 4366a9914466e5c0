"""Reads JSON-LD: nodes that stand anywhere in a document, and that refer to each other by @id.

No context is fetched or applied: names count with and without the prefix of schema.org.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.rows import RowError

Node = Mapping[str, Any]
_Path = tuple[Any, ...]
"""The lists and nodes around a value, outermost first."""

_PREFIX = re.compile(r"^(?:schema:|https?://(?:www\.)?schema\.org/)")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WRAPPERS = ("@value", "@list", "@set")
_KEYWORDS = frozenset({"@context", "@type", "@graph", "@id", "@included", "@reverse"})
_TEXT_KEYS = ("name", "legalName", "value", "codeValue", "credentialCategory", "description")
"""Where the text of a nested node is found, best first."""
_IDENTITY = ("title", "identifier", "url")
_MAX_DEPTH = 20
"""Nested lists and nodes within one property; the deepest ones in use have five."""
_ALLOWANCE = 1_000
"""Added to the size of a document, for those of a few values."""


def is_jsonld(value: Any) -> bool:
    """Return whether a value is JSON-LD; objects of our own schema have none of its keys."""
    return isinstance(value, dict) and not _KEYWORDS.isdisjoint(value)


class Document:
    """The nodes of one JSON-LD document.

    Nodes with the same @id become one, in which the first value of each property counts. In place,
    names lose the prefix of schema.org, contexts are removed, what stands in `@value`, `@list` or
    `@set` takes its place, and `@type` becomes a list.
    """

    def __init__(self, value: Any, wanted: str = "JobPosting") -> None:
        self.types: dict[str, None] = {}
        """The types of all nodes, in the order of the document."""
        self.size = 0
        """Values and characters of texts."""
        self._wanted = wanted
        self._merged: dict[str, dict[str, Any]] = {}
        self._postings: dict[int, Node] = {}
        self._named_postings: set[str] = set()
        # Containers still to be read, the next one last, and whether a posting holds them.
        stack: list[tuple[Any, bool]] = [([value], False)]
        while stack:
            container, inside = stack.pop()
            is_node = isinstance(container, dict)
            if is_node:
                _shorten_names(container)
            for key, child in container.items() if is_node else enumerate(container):
                container[key] = _unwrapped(child)
                self.size += _cost(container[key])
            if is_jsonld(container):
                inside = self._add(container, inside)
            children = reversed(container.values() if is_node else container)
            stack += [(child, inside) for child in children if isinstance(child, dict | list)]
        self.unread = 20 * (self.size + _ALLOWANCE)
        """What may still be read for all postings. Small ones that share an employer and a place
        read a few times the document's size."""

    @property
    def postings(self) -> list[Node]:
        """The nodes of the wanted type, JobPosting or Course, that are not part of another one."""
        return list(self._postings.values())

    def _is_another(self, name: str, posting: Node) -> bool:
        """Return whether a posting is not the one of the same @id, which names it on its page only.

        Pages that were joined into one document use "#job" each.
        """
        if name not in self._named_postings or _ABSOLUTE.match(name):
            return False
        pairs = ((posting.get(key), self._merged[name].get(key)) for key in _IDENTITY)
        return any(None not in (own, other) and own != other for own, other in pairs)

    def resolve(self, value: Any) -> Any:
        """Return the node that a reference or node names by its @id, or else the value itself."""
        name = value.get("@id") if isinstance(value, dict) else None
        return self._merged.get(name, value) if isinstance(name, str) else value

    def _add(self, node: dict[str, Any], inside: bool) -> bool:
        """Add a node, and return whether its parts are within a posting."""
        if "@type" in node:
            names = node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
            names = [_PREFIX.sub("", name.strip()) for name in names if isinstance(name, str)]
            node["@type"] = list(dict.fromkeys(names))
            self.types.update(dict.fromkeys(names))
        is_posting = self._wanted in node.get("@type", [])
        name = node.get("@id")
        if isinstance(name, str) and name and not (is_posting and self._is_another(name, node)):
            merged = self._merged.setdefault(name, {})
            is_named = name in self._named_postings
            if is_posting and not is_named:
                # A page and its posting often share an @id; only the posting's own text counts.
                self._named_postings.add(name)
                merged.clear()
                merged.update(node)
            elif is_posting or not (is_named and node.get("@type")):
                merged.update({k: v for k, v in node.items() if merged.get(k) is None})
            node = merged
        if is_posting and not inside:
            self._postings.setdefault(id(node), node)
        return inside or is_posting


class Reader:
    """Reads the values of one posting, following references.

    A document whose references repeat one text many times, or form a tree that grows
    exponentially, may hold far more to read than its size. What is read is therefore limited.
    """

    def __init__(self, document: Document, node: Node) -> None:
        self.node = node
        self._document = document
        self._unread = 2 * (document.size + _ALLOWANCE)

    def parts(self, value: Any) -> Iterator[Any]:
        """Yield the items of a list, and of lists in it, or the value itself, without references.

        Raises:
            RowError: there is too much to read.
        """
        stack = [value]
        while stack:
            part = self._followed(stack.pop())
            if isinstance(part, list):
                self._spend(len(part))
                stack += reversed(part)
            else:
                yield part

    def text(self, value: Any, join: str = ", ", path: _Path = ()) -> str | None:
        """Return the text of a value of any shape; None if it has none.

        A reference to a node that the document lacks has no text. The `path` is the containers
        around the value.

        Raises:
            RowError: it is nested too deeply, or there is too much to read.
        """
        value = self._followed(value)
        if isinstance(value, list | dict):
            if any(value is outer for outer in path):
                return None  # it refers to itself
            path = _entered(value, path)
            parts = value if isinstance(value, list) else map(value.get, _TEXT_KEYS)
            texts = filter(None, (self.text(part, join, path) for part in parts))
            return next(texts, None) if isinstance(value, dict) else join.join(texts) or None
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # an identifier written as 17.0
        return str(value).strip() or None

    def iri(self, node: Node) -> str | None:
        """Return a node's @id, unless it is a name within its document only ("_:b0", "#job").

        Raises:
            RowError: there is too much to read.
        """
        name = node.get("@id")
        name = self.text(name) if isinstance(name, str) else None
        return name if name and not name.startswith(("_:", "#")) else None

    def plain(self, value: Any, names: Collection[str], path: _Path = ()) -> Any:
        """Return a value with nodes in place of the references to them.

        Only properties with these names are kept, so that it does not lead to the whole document.

        Raises:
            RowError: it is nested too deeply, or there is too much to read.
        """
        value = self._followed(value)
        if not isinstance(value, list | dict):
            return value
        if any(value is outer for outer in path):
            return None  # it refers to itself
        path = _entered(value, path)
        if isinstance(value, list):
            return [self.plain(item, names, path) for item in value]
        return {name: self.plain(value[name], names, path) for name in names if name in value}

    def _followed(self, value: Any) -> Any:
        value = self._document.resolve(value)
        self._spend(_cost(value))
        return value

    def _spend(self, cost: int) -> None:
        self._unread -= cost
        self._document.unread -= cost
        if min(self._unread, self._document.unread) < 0:
            text = "the posting's references lead to too much text; write each node once"
            raise RowError(RejectionReason.TOO_LARGE, text)


def _entered(container: Any, path: _Path) -> _Path:
    if len(path) == _MAX_DEPTH:
        text = f"a value is nested more than {_MAX_DEPTH} levels deep; write it flatter"
        raise RowError(RejectionReason.TOO_LARGE, text)
    return (*path, container)


def _shorten_names(node: dict[str, Any]) -> None:
    """Remove the context, and the prefix of schema.org from names; the first of a name counts."""
    node.pop("@context", None)
    if ":" in "".join(node):
        entries = list(node.items())
        node.clear()
        for name, value in entries:
            node.setdefault(_PREFIX.sub("", name), value)


def _unwrapped(value: Any) -> Any:
    while isinstance(value, dict) and (keys := [key for key in _WRAPPERS if key in value]):
        value = value[keys[0]]
    return value


def _cost(value: Any) -> int:
    return 1 + len(value) if isinstance(value, str) else 1
