"""A login that was begun: what it is for travels in a signed cookie, so only the same browser can finish it.

The vendor gives back nothing but ``state``; provider and purpose are read from the cookie that belongs to it,
never from the address. Beginning writes nothing, so that nobody can fill the database by asking for the page.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LASTS = timedelta(minutes=10)
_STATE = re.compile(r"[0-9a-f]{64}")


class BadAttempt(Exception):
    """Forged, of another browser or provider, too old, or never begun."""


@dataclass(frozen=True)
class Attempt:
    """``to`` is the page that somebody wanted to see; ``state`` is 256 random bits in hexadecimal."""

    provider: str
    to: str
    state: str

    @property
    def key(self) -> str:
        """Under which it is spent."""
        return f"login:{self.state}"


class Attempts:
    """``secret`` is the same on all replicas."""

    def __init__(self, secret: bytes, *, now: Callable[[], datetime]) -> None:
        self._key = OctKey.import_key(secret)
        self._now = now

    def begin(self, provider: str, to: str) -> tuple[Attempt, str]:
        """The attempt, and what the browser keeps of it."""
        attempt = Attempt(provider, to, secrets.token_hex(32))
        claims = {
            "use": "login",
            "provider": provider,
            "to": to,
            "state": attempt.state,
            "exp": int((self._now() + LASTS).timestamp()),
        }
        return attempt, jwt.encode({"alg": "HS256"}, claims, self._key)

    def finish(self, provider: str, state: str, kept: str) -> Attempt:
        """Raises BadAttempt. Whoever goes on spends its ``key`` first."""
        claims = self._read(kept)
        if not _STATE.fullmatch(state) or not secrets.compare_digest(str(claims.get("state")), state):
            raise BadAttempt("state")
        if claims.get("use") != "login" or claims.get("provider") != provider:
            raise BadAttempt("provider")
        if self._now().timestamp() >= int(str(claims.get("exp", 0))):
            raise BadAttempt("too old")
        return Attempt(provider, str(claims.get("to", "")), state)

    def _read(self, kept: str) -> Mapping[str, object]:
        try:
            claims: Mapping[str, object] = jwt.decode(kept, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError) as error:
            raise BadAttempt("signature") from error
        return claims
