"""Files in chunks over the long connection (§4.8): init, chunks in any order, finish."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from adapters.emulator.wecom.aibot.showing import DOOR, MEDIA
from adapters.emulator.wecom.media import check_upload
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node

if TYPE_CHECKING:
    from adapters.emulator.wecom.aibot.bot import AiBot

CHUNK_BYTES = 512 * 1024
_LIFE = timedelta(minutes=30)
_MOST_CHUNKS = 100


@dataclass
class Upload:
    kind: str
    name: str
    size: int
    chunks: int
    digest: str
    until: datetime
    parts: dict[int, bytes] = field(default_factory=dict)


class Uploading:
    def __init__(self, bot: AiBot) -> None:
        self._bot = bot
        self._open: dict[str, Upload] = {}

    def init(self, _: str, body: Node) -> Mapping[str, Any]:
        if not self._bot.state.per_minute.take("aibot uploads", self._bot.switches.limits.uploads_per_minute):
            raise Refusal(45009)
        kind, size = body.child("type").text(), body.child("total_size").number()
        chunks = body.child("total_chunks").number()
        if kind not in MEDIA:
            raise Refusal(40004)
        if size < 5 or not 1 <= chunks <= _MOST_CHUNKS:
            raise body.child("total_chunks").refuse(f"should be 1 to {_MOST_CHUNKS}")
        name, digest = body.child("filename").text(most_bytes=256), body.child("md5").text()
        upload_id = token_urlsafe(16)
        until = self._bot.now() + _LIFE
        self._open[upload_id] = Upload(kind, name, size, chunks, digest, until)
        return {"upload_id": upload_id}

    def chunk(self, _: str, body: Node) -> Mapping[str, Any]:
        upload = self._upload(body)
        index, base = body.child("chunk_index").number(), self._bot.switches.chunk_base
        first = (0, 1) if base is None else (base,)
        if not min(first) <= index < max(first) + upload.chunks:
            raise body.child("chunk_index").refuse("out of range")
        part = _decoded(body.child("base64_data"))
        if not 0 < len(part) <= CHUNK_BYTES:
            raise body.child("base64_data").refuse(f"should be 1 to {CHUNK_BYTES} bytes")
        upload.parts[index] = part
        return {}

    def finish(self, _: str, body: Node) -> Mapping[str, Any]:
        upload = self._upload(body)
        data = b"".join(upload.parts[index] for index in sorted(upload.parts))
        complete = len(upload.parts) == upload.chunks and len(data) == upload.size
        if not complete or md5(data, usedforsecurity=False).hexdigest() != upload.digest.lower():
            raise body.child("upload_id").refuse("is incomplete or its md5 differs")
        check_upload(upload.kind, data, MEDIA)
        kept = self._bot.state.media.add(upload.kind, upload.name, data, DOOR)
        created = str(int(self._bot.now().timestamp()))
        return {"type": upload.kind, "media_id": kept.id, "created_at": created}

    def _upload(self, body: Node) -> Upload:
        """The session survives a reconnect."""
        upload = self._open.get(body.child("upload_id").text())
        if upload is None or upload.until <= self._bot.now():
            raise body.child("upload_id").refuse("unknown or expired")
        return upload


def _decoded(node: Node) -> bytes:
    try:
        return b64decode(node.text(), validate=True)
    except Base64Error as broken:
        raise node.refuse("is not base64") from broken
