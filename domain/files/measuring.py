"""How many pixels a picture has, from its head. Nothing is decoded."""

from __future__ import annotations

_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})  # between the JPEG frame markers, but none


def pixels(head: bytes) -> int:
    """0 where it can't be told."""
    if head.startswith(b"\x89PNG"):
        return _area(head[16:20], head[20:24], "big")
    if head.startswith(b"GIF8"):
        return _area(head[6:8], head[8:10], "little")
    if head[8:12] == b"WEBP":
        return _of_webp(head)
    return _of_jpeg(head) if head.startswith(b"\xff\xd8") else 0


def _area(width: bytes, height: bytes, order: str) -> int:
    big = order == "big"
    return int.from_bytes(width, "big" if big else "little") * int.from_bytes(
        height, "big" if big else "little"
    )


def _of_webp(head: bytes) -> int:
    match head[12:16]:
        case b"VP8X":
            return (int.from_bytes(head[24:27], "little") + 1) * (int.from_bytes(head[27:30], "little") + 1)
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return ((bits & 0x3FFF) + 1) * (((bits >> 14) & 0x3FFF) + 1)
        case b"VP8 ":
            width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
            return width * height
    return 0


def _of_jpeg(head: bytes) -> int:
    """Segment by segment to the frame; previews in between are skipped by their length."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return _area(head[at + 7 : at + 9], head[at + 5 : at + 7], "big")
        at += 2 + max(int.from_bytes(head[at + 2 : at + 4], "big"), 2)
    return 0
