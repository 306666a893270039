"""What DingTalk takes of files that the robot sends, and as which message (dingtalk.md §3.6, §6)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from adapters.chat import Parcel, Unfit
from domain.files.lasting import millis_of

_MOST = {"image": 20, "voice": 2, "video": 20, "file": 20}  # megabytes
_TYPES = {
    **dict.fromkeys(("image/png", "image/jpeg", "image/gif", "image/bmp"), "image"),
    **dict.fromkeys(("audio/amr", "audio/wav"), "voice"),
    "video/mp4": "video",
}
# An upload is judged by the end of its name, and people's recordings are called as they like.
_ENDINGS = {"audio/amr": "amr", "audio/wav": "wav", "video/mp4": "mp4"}
# Those that sampleFile names; the upload itself takes a few more.
_FILES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})


@dataclass(frozen=True)
class Fitted:
    """``kind`` is the upload's word; ``millis`` only of what plays."""

    kind: str
    file: Parcel
    millis: int = 0


def fitted(file: Parcel) -> Fitted:
    """Raises Unfit, also for what plays and does not tell for how long: no message of it goes without."""
    kind = _TYPES.get(file.type, "file")
    if not 0 < len(file.data) <= _MOST[kind] * 1024 * 1024:
        raise Unfit("file.size", f"{len(file.data)} bytes")
    if kind == "file" and _ending(file) not in _FILES:
        raise Unfit("file.type", _ending(file))
    if kind not in {"voice", "video"}:
        return Fitted(kind, file)
    millis = millis_of(file.data)
    if not millis:
        raise Unfit("file.length", "how long it plays is not told")
    ending = _ENDINGS[file.type]
    name = file.name if _ending(file) == ending else f"{file.name}.{ending}"
    return Fitted(kind, Parcel(name, file.type, file.data), millis)


def file_param(media_id: str, file: Parcel) -> dict[str, str]:
    return {"mediaId": media_id, "fileName": file.name, "fileType": _ending(file)}


def voice_param(media_id: str, millis: int) -> dict[str, str]:
    return {"mediaId": media_id, "duration": str(millis)}


def video_param(media_id: str, cover_id: str, millis: int) -> dict[str, str]:
    """In which unit is not documented; videos that arrive count whole seconds (§2.1)."""
    seconds = str(max(1, round(millis / 1000)))
    return {"duration": seconds, "videoMediaId": media_id, "videoType": "mp4", "picMediaId": cover_id}


def cover() -> Parcel:
    """A video goes only with a picture; no frame of it can be had without a decoder, so it is a plain dark one."""
    width, height, grey = 320, 180, 0x30
    lines = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    return Parcel("cover.png", "image/png", b"\x89PNG\r\n\x1a\n" + parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _ending(file: Parcel) -> str:
    return file.name.rpartition(".")[2].lower()
