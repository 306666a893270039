"""Secrets do not reach the wire strip: of each only the last four characters stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET = {"access_token", "corpsecret", "response_code", "secret", "user_ticket"}
_SECRET_IN_QUERY = _SECRET | {"key", "code"}  # in a body "key" is a button's
_IN_XML = re.compile(r"(<ResponseCode><!\[CDATA\[)([^\]]*)")


def mask(secret: str) -> str:
    return f"****{secret[-4:]}"


def masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _masked_field(name, v) for name, v in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def _masked_field(name: str, value: Any) -> Any:
    if name == "base64":
        return f"{len(value)} characters"  # a picture of 2 MB would fill the strip
    return mask(str(value)) if name in _SECRET else masked(value)


def masked_query(query: Mapping[str, str]) -> str:
    parts = [f"{name}={mask(v) if name in _SECRET_IN_QUERY else v}" for name, v in query.items()]
    return f"?{'&'.join(parts)}" if parts else ""


def masked_xml(text: str) -> str:
    return _IN_XML.sub(lambda found: found[1] + mask(found[2]), text)
