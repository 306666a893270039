"""The little XML of callbacks: nested dicts to Tencent's CDATA style, and strict reading of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, ParseError, fromstring

# A list becomes repeated elements, a dict nests, a number stands bare, text goes into CDATA.
Fields = Mapping[str, "Value"]
Value = str | int | float | Fields | Sequence["str | Fields"]


class BadXml(Exception):
    pass


def write(fields: Fields) -> str:
    return f"<xml>{_children(fields)}</xml>"


def read(text: str) -> Element:
    """The root of ``text``; a DOCTYPE is refused, since nobody honest sends one."""
    if "<!DOCTYPE" in text:
        raise BadXml("DOCTYPE")
    try:
        root = fromstring(text)  # noqa: S314  entities need the DOCTYPE that was refused above
    except (ParseError, ValueError) as error:
        raise BadXml(str(error)) from error
    if root.tag != "xml":
        raise BadXml(f"root is <{root.tag}>")
    return root


def _children(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    if isinstance(value, str):
        return f"<{name}>{_cdata(value)}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, Sequence):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{value}</{name}>"


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
