"""As what WeCom takes a file (wecom.md §6): the special kinds are narrow, "file" is for all the rest."""

from __future__ import annotations

from adapters.chat import Parcel, Unfit

_MB = 1024 * 1024
_LEAST, _MOST = 6, 20 * _MB  # up to five bytes are refused with 40006


def kind_of(file: Parcel, *, most_of_a_picture: int = 10 * _MB) -> str:
    """image · voice · video · file. Raises Unfit."""
    size = len(file.data)
    if not _LEAST <= size <= _MOST:
        raise Unfit("file.size", f"{size} bytes")
    if file.type in {"image/png", "image/jpeg"} and size <= most_of_a_picture:
        return "image"
    if file.type == "audio/amr" and size <= 2 * _MB:
        return "voice"
    if file.type == "video/mp4" and size <= 10 * _MB:
        return "video"
    return "file"
