"""What must not be read off the wire strip: secrets, tokens, tickets and session addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET_KEYS = {
    "accesstoken", "access_token", "refreshtoken", "appsecret", "clientsecret", "client_secret", "apisecret",
    "ticket", "code", "authcode", "session", "sign", "secret", "downloadurl",
}  # fmt: skip
_IN_ADDRESS = re.compile(r"(?i)([?&](?:access_token|appsecret|ticket|session|sign|authCode|code)=)[^&\s\"]+")
MASK = "***"


def masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _masked_entry(k, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return _IN_ADDRESS.sub(rf"\1{MASK}", value) if isinstance(value, str) else value


def _masked_entry(key: str, value: Any) -> Any:
    # An error code is a word with dots; a login code is not. Only the latter is a secret.
    if key.lower() == "code" and (not isinstance(value, str) or "." in value or value.isalpha()):
        return value
    return MASK if key.lower() in _SECRET_KEYS and isinstance(value, str) and value else masked(value)
