"""Signed, expiring addresses of ticket pages: whoever holds one may read that page, and no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LASTS = timedelta(days=7)


class BadLink(Exception):
    """Forged, cut off, for another ticket, or expired."""


class Links:
    """``secret`` at least 32 bytes; the same on all replicas. Without ``public_url`` cards carry no link."""

    def __init__(self, public_url: str, secret: bytes, *, now: Callable[[], datetime]) -> None:
        self._base = public_url.rstrip("/")
        self._key = OctKey.import_key(secret)
        self._now = now

    def to(self, number: str) -> str:
        return f"{self._base}/t/{number}?key={self.sign(number)}" if self._base else ""

    def sign(self, number: str) -> str:
        # Rounded to the day, so that an unchanged card stays byte for byte the same and is not repainted.
        day = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        claims = {"t": number, "exp": int((day + LASTS + timedelta(days=1)).timestamp())}
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def check(self, number: str, key: str) -> None:
        """Raises BadLink."""
        try:
            claims = jwt.decode(key, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError) as error:
            raise BadLink from error
        if claims.get("t") != number or self._now().timestamp() >= int(claims.get("exp", 0)):
            raise BadLink
