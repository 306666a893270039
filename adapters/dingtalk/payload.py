"""Reading JSON that somebody else wrote: every look says which type it expects, none can blow up."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# PostgreSQL takes no NUL and no encoder takes half a surrogate pair; neither means anything to a reader.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Undecodable(Exception):
    """The payload has not the shape that the documents promise; it will not have it next time either."""


def clean(text: str) -> str:
    return text if text.isprintable() else _UNSTORABLE.sub("", text)


def text_at(data: Mapping[str, Any], *names: str) -> str:
    """The first of ``names`` that holds a text or a whole number, else ""."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and value:
            return clean(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def number_at(data: Mapping[str, Any], name: str) -> int:
    """Whole numbers arrive bare or as text; anything else is 0."""
    value = text_at(data, name)
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0


def dict_at(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def dicts_at(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = data.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def json_object(text: object) -> Mapping[str, Any]:
    """``text`` as a JSON object; given one already, it is left alone. Raises Undecodable."""
    if isinstance(text, dict):
        return text
    if not isinstance(text, str):
        raise Undecodable(f"a JSON text was promised, {type(text).__name__} came")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:  # too deep, or an integer of ten thousand digits
        raise Undecodable(f"no readable JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise Undecodable(f"a JSON object was promised, {type(value).__name__} came")
    return value
