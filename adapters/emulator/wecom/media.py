"""Temporary media: bytes behind a media_id for three days (wecom.md §6; pages 90253 and 90254)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.refusal import Refusal

_LIFE = timedelta(days=3)
_MB = 1024 * 1024
_MOST = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "file": 20 * _MB}
_TOO_BIG = {"voice": 301016}
_IMAGE_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True)
class Medium:
    id: str
    kind: str
    name: str
    data: bytes
    until: datetime
    door: str  # "app", or the key of the webhook that it was uploaded for


class Media:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Medium] = {}

    def add(self, kind: str, name: str, data: bytes, door: str = "app") -> Medium:
        medium = Medium(token_urlsafe(48), kind, name, data, self._clock.now() + _LIFE, door)
        self._kept[medium.id] = medium
        return medium

    def get(self, media_id: str, door: str = "app") -> Medium:
        medium = self._kept.get(media_id)
        if medium is None or medium.door != door or medium.until <= self._clock.now():
            raise Refusal(40007)
        return medium

    def of_kind(self, media_id: str, kind: str, door: str = "app") -> Medium:
        medium = self.get(media_id, door)
        if medium.kind != kind:
            raise Refusal(40007)
        return medium

    def expire(self) -> None:
        self._kept.clear()


def check_upload(kind: str, data: bytes, kinds: tuple[str, ...]) -> None:
    if kind not in kinds:
        raise Refusal(40004)
    if len(data) <= 5:
        raise Refusal(40006)
    if len(data) > _MOST[kind]:
        raise Refusal(_TOO_BIG.get(kind, 45001))
    if kind == "image" and not data.startswith(_IMAGE_HEADS):
        raise Refusal(40004, "invalid media type, image should be jpg or png")
    if kind == "voice" and not data.startswith(b"#!AMR"):
        raise Refusal(301017, "voice should be amr")
