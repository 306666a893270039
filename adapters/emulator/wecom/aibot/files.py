"""What members send to an AI bot: encrypted bytes behind an address that lives five minutes (§4.1)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes, token_urlsafe
from urllib.parse import quote

from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.emulator.clock import Clock
from adapters.emulator.spoiling import Spoils

PATH = "/_aibot/file"
_LIFE = timedelta(minutes=5)
_BLOCK = 32


@dataclass(frozen=True)
class SealedFile:
    name: str
    data: bytes
    aeskey: str
    until: datetime


class BotFiles:
    def __init__(self, clock: Clock, spoils: Spoils) -> None:
        self._clock = clock
        self._spoils = spoils
        self._kept: dict[str, SealedFile] = {}
        self.downloads = 0

    def add(self, name: str, data: bytes, key: bytes | None = None) -> tuple[str, str]:
        """Its path and its key. Over the long connection each object has its own, without the last "="."""
        key = key or token_bytes(32)
        file_id, aeskey = token_urlsafe(24), b64encode(key).decode().rstrip("=")
        self._kept[file_id] = SealedFile(name, encrypt(data, key), aeskey, self._clock.now() + _LIFE)
        return f"{PATH}/{file_id}", aeskey

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(PATH + "/{id}", self._get)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        kept = self._kept.get(request.match_info["id"])
        if kept is None or kept.until <= self._clock.now():
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        self.downloads += 1
        disposition = f"attachment; filename*=UTF-8''{quote(kept.name)}"
        whole = web.Response(body=kept.data, headers={"Content-Disposition": disposition})
        return await self._spoils.answer(request, whole)


def encrypt(data: bytes, key: bytes) -> bytes:
    fill = _BLOCK - len(data) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(data + bytes([fill]) * fill) + encryptor.finalize()
