"""What DingTalk takes of files that the robot sends (dingtalk.md §3.6, §6)."""

from __future__ import annotations

from adapters.chat import Parcel, Unfit

_MOST = 20 * 1024 * 1024
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp"})
# Those that sampleFile names; the upload itself takes a few more.
_FILES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})


def kind_of(file: Parcel) -> str:
    """Either "image" or "file". Raises Unfit: voice needs its length and video a picture, which we have not."""
    if not 0 < len(file.data) <= _MOST:
        raise Unfit("file.size", f"{len(file.data)} bytes")
    if file.type in _PICTURES:
        return "image"
    if _ending(file) not in _FILES:
        raise Unfit("file.type", _ending(file))
    return "file"


def file_param(media_id: str, file: Parcel) -> dict[str, str]:
    return {"mediaId": media_id, "fileName": file.name, "fileType": _ending(file)}


def _ending(file: Parcel) -> str:
    return file.name.rpartition(".")[2].lower()
