"""Secrets at rest: AES-GCM, bound to the row they belong to, under keys that can be exchanged one by one."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Unsealable(Exception):
    """Its key is gone, it was moved to another row, or somebody wrote in it."""


class Keyring:
    """``keys`` are written "<key id>:<base64>". The first seals, all open. Without any, text stays as it is."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        pairs = [key.partition(":") for key in keys]
        self._ciphers = {kid: AESGCM(base64.b64decode(secret, validate=True)) for kid, _, secret in pairs}
        self._first = next(iter(self._ciphers), None)

    def seal(self, text: str, place: str) -> str:
        """``place`` says where it will lie ("tokens.value:wecom"); anywhere else it can't be opened."""
        if self._first is None:
            return f"v0:{text}"
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._first].encrypt(nonce, text.encode(), place.encode())
        return f"v1:{self._first}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        version, _, rest = sealed.partition(":")
        if version == "v0":
            return rest
        kid, _, body = rest.partition(":")
        cipher = self._ciphers.get(kid)
        if version != "v1" or cipher is None:
            raise Unsealable(f"{place} was sealed with the key {kid!r}, which is not configured")
        raw = base64.b64decode(body)
        try:
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
        except InvalidTag:
            raise Unsealable(f"{place} is not what was sealed there") from None
