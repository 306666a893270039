"""Signed, expiring addresses of ticket pages: whoever holds one may read that page, and no other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.base import Account

LASTS = timedelta(days=7)
FILE_LASTS = timedelta(days=1)
JOIN_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Joining:
    """``once`` is the same however often the link is opened."""

    account: Account
    once: str


class BadLink(Exception):
    """Forged, cut off, for another ticket, or expired."""


class Links:
    """``secret`` at least 32 bytes; the same on all replicas. Without ``public_url`` cards carry no link."""

    def __init__(
        self, public_url: str, secret: bytes, *, now: Callable[[], datetime], may_log_in: bool = True
    ) -> None:
        self._base = public_url.rstrip("/")
        self._key = OctKey.import_key(secret)
        self._now = now
        self._may_log_in = may_log_in

    def to(self, number: str) -> str:
        return f"{self._base}/t/{number}?key={self.sign(number)}" if self._base else ""

    def sign(self, number: str) -> str:
        # Rounded to the day, so that an unchanged card stays byte for byte the same and is not repainted.
        day = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        claims = {"t": number, "exp": int((day + LASTS + timedelta(days=1)).timestamp())}
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def to_file(self, number: str, nth: int) -> str:
        """Of one file, for whoever may have it; good for a day and a little."""
        return f"{self._base}{self.path_to_file(number, nth)}" if self._base else ""

    def path_to_file(self, number: str, nth: int) -> str:
        day = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        # No "t": it opens no page.
        claims = {"f": f"{number}/{nth}", "exp": int((day + 2 * FILE_LASTS).timestamp())}
        return f"/t/{number}/files/{nth}?key={jwt.encode({'alg': 'HS256'}, claims, self._key)}"

    def to_join(self, account: Account) -> str:
        """Of the page where whoever speaks with ``account`` says who else they are; good for ten minutes."""
        if not self._base or not self._may_log_in:
            return ""
        claims = {
            "join": f"{account.platform}:{account.user_id}",
            "once": secrets.token_hex(16),
            "exp": int((self._now() + JOIN_LASTS).timestamp()),
        }
        return f"{self._base}/join/{jwt.encode({'alg': 'HS256'}, claims, self._key)}"

    def read_join(self, key: str) -> Joining:
        """Raises BadLink."""
        claims = self._claims(key)
        platform, _, user_id = str(claims.get("join", "")).partition(":")
        if not user_id:
            raise BadLink
        return Joining(Account(platform, user_id), str(claims.get("once", "")))

    def check_file(self, number: str, nth: int, key: str) -> None:
        """Raises BadLink."""
        self._check("f", f"{number}/{nth}", key)

    def check(self, number: str, key: str) -> None:
        """Raises BadLink."""
        self._check("t", number, key)

    def _check(self, claim: str, value: str, key: str) -> None:
        if self._claims(key).get(claim) != value:
            raise BadLink

    def _claims(self, key: str) -> Mapping[str, object]:
        try:
            claims: Mapping[str, object] = jwt.decode(key, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError) as error:
            raise BadLink from error
        if self._now().timestamp() >= int(str(claims.get("exp", 0))):
            raise BadLink
        return claims
