"""What this browser has shown already: which link's account it logged in with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from bot.links import JOIN_LASTS


class Proofs:
    """``secret`` is the same on all replicas."""

    def __init__(self, secret: bytes, *, now: Callable[[], datetime]) -> None:
        self._key = OctKey.import_key(secret)
        self._now = now

    def give(self, once: str) -> str:
        claims = {"proven": once, "exp": int((self._now() + JOIN_LASTS).timestamp())}
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def holds(self, kept: str, once: str) -> bool:
        try:
            claims = jwt.decode(kept, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            return False
        return claims.get("proven") == once and self._now().timestamp() < int(str(claims.get("exp", 0)))
