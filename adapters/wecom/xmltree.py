"""XML as WeCom writes it: a handful of elements, a few levels deep. Anything else is refused while reading.

defusedxml forbids document types and entities; depth and number are counted here, because a hostile body is
parsed before its signature can be checked (200,000 levels cost xmltodict almost two seconds).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

MAX_DEPTH = 8
MAX_ELEMENTS = 500


class BrokenXml(Exception):
    """Not the XML that WeCom sends."""


@dataclass(frozen=True)
class Element:
    tag: str
    text: str
    children: tuple[Element, ...] = ()

    def all(self, tag: str) -> tuple[Element, ...]:
        return tuple(child for child in self.children if child.tag == tag)

    def one(self, tag: str) -> Element | None:
        """The only child of that name. Two would let an attacker choose which one is believed."""
        found = self.all(tag)
        if len(found) > 1:
            raise BrokenXml(f"{tag} appears {len(found)} times")
        return found[0] if found else None

    def value(self, tag: str) -> str:
        """The trimmed text of the only child of that name, "" where there is none."""
        child = self.one(tag)
        return child.text.strip() if child else ""


def read_xml(text: str) -> Element:
    """The root of ``text``. Raises BrokenXml."""
    builder = _Builder()
    # A declared encoding must not talk us into UTF-7 or UTF-16: the bytes are ours and are UTF-8.
    parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(text.encode())
        parser.close()
    except (ParseError, DefusedXmlException, UnicodeEncodeError) as broken:
        raise BrokenXml(type(broken).__name__) from broken
    if builder.root is None:
        raise BrokenXml("empty")
    return builder.root


@dataclass
class _Open:
    tag: str
    text: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._path: list[_Open] = []
        self._seen = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._seen += 1
        if len(self._path) >= MAX_DEPTH or self._seen > MAX_ELEMENTS or len(attributes) > MAX_DEPTH:
            raise BrokenXml("too deep or too long")
        self._path.append(_Open(tag))

    def data(self, text: str) -> None:
        if self._path:
            self._path[-1].text.append(text)

    def end(self, _tag: str) -> None:
        closed = self._path.pop()
        element = Element(closed.tag, "".join(closed.text), tuple(closed.children))
        if self._path:
            self._path[-1].children.append(element)
        else:
            self.root = element

    def close(self) -> None:
        """Asked for by the parser."""
