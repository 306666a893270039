"""A file in pieces over the long connection (wecom.md §4.8). Chunks may be repeated and come in any order."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5

from adapters.chat import Rejected, Unreachable
from adapters.wecom.aibot.wire import Wire

CHUNK = 512 * 1024
MOST_NAME = 256
_MB = 1024 * 1024
MOST_OF_A_PICTURE = 2 * _MB  # two numbers are told, 2 MB and 10 MB: the smaller one is safe
_MOST = {"file": 20 * _MB, "video": 10 * _MB, "voice": 2 * _MB, "image": MOST_OF_A_PICTURE}
_TRIES = 3


async def upload(wire: Wire, kind: str, name: str, data: bytes) -> str:
    """The media id, good for three days. Raises PlatformError."""
    if not 5 <= len(data) <= _MOST[kind]:
        raise Rejected("upload.size", f"{len(data)} bytes")
    parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    init = {
        "type": kind,
        "filename": name.encode()[:MOST_NAME].decode(errors="ignore"),
        "total_size": len(data),
        "total_chunks": len(parts),
        "md5": md5(data, usedforsecurity=False).hexdigest(),
    }
    upload_id = (await wire.ask("aibot_upload_media_init", init))["upload_id"]
    for index, part in enumerate(parts):
        await _chunk(
            wire, {"upload_id": upload_id, "chunk_index": index, "base64_data": b64encode(part).decode()}
        )
    done = await wire.ask("aibot_upload_media_finish", {"upload_id": upload_id})
    return str(done["media_id"])


async def _chunk(wire: Wire, chunk: dict[str, object]) -> None:
    """The session outlives a connection, so a lost answer is simply asked for again."""
    for left in reversed(range(_TRIES)):
        try:
            await wire.ask("aibot_upload_media_chunk", chunk)
            return
        except Unreachable:
            if not left:
                raise
