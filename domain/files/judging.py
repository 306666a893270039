"""What bytes are, read from the bytes, and whether we keep such a thing. A claimed type is never believed.

Archives and documents are not opened: nothing in them can be run here, and their readers have a scanner.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.files.file import Caps, Trouble
from domain.files.measuring import pixels

HEAD = 64 * 1024  # bytes that are looked at: a JPEG's size may stand behind a long preview
TAIL = 64 * 1024  # cameras and phones write things of their own behind the end
MOST_PIXELS = 50_000_000  # a small file can unfold to gigabytes in whoever shows it

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x02#!SILK", "audio/silk"),
    (0, b"#!SILK", "audio/silk"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"MZ", "application/x-dosexec"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xca\xfe\xba\xbe", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"#!", "application/x-script"),
)
_BROWSERS_SHOW = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_NEVER = frozenset(
    {
        "application/x-dosexec",
        "application/x-executable",
        "application/x-ms-shortcut",
        "application/x-script",
        "text/html",
        "image/svg+xml",
    }
)
_ENDINGS = frozenset(
    """png jpg jpeg gif webp bmp heic tif tiff amr silk mp3 wav ogg m4a mp4 mov pdf zip rar 7z gz doc docx xls
    xlsx ppt pptx wps et dps rtf txt log csv tsv md json yaml yml ini conf eml msg vsd vsdx dwg dxf pcap""".split()  # noqa: SIM905
)
_WRITTEN_LIKE = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp",
                 "audio/amr": "amr", "video/mp4": "mp4", "application/pdf": "pdf"}  # fmt: skip
_ENDS = {"image/png": b"IEND", "image/jpeg": b"\xff\xd9"}
_INVISIBLE = {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xAD}
LONGEST_NAME = 100


@dataclass(frozen=True)
class Judged:
    type: str
    is_picture: bool


class Refused(Exception):
    """These bytes are not kept."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


def judge(kind: str, name: str, head: bytes, tail: bytes, caps: Caps) -> Judged:
    """``head`` and ``tail`` are the first and last bytes of the whole. Raises Refused."""
    if not head:
        raise Refused(Trouble.EMPTY)
    type_ = sniff(head)
    _check_kind(kind, type_)
    if type_ in _NEVER or not _is_allowed(ending(name), caps):
        raise Refused(Trouble.FORBIDDEN)
    end = _ENDS.get(type_)
    if end is not None and end not in tail:
        raise Refused(Trouble.BROKEN)
    return Judged(type_, type_ in _BROWSERS_SHOW and 0 < pixels(head) <= MOST_PIXELS)


def sniff(head: bytes) -> str:
    for at, magic, type_ in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return type_
    return _of_text(head)


def _of_text(head: bytes) -> str:
    """Words are told from markup: a page that a browser would run is no note."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1024].lower()
    if start.startswith((b"<svg",)) or (b"<svg" in start and start.startswith(b"<?xml")):
        return "image/svg+xml"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")) or b"<html" in start:
        return "text/html"
    return "application/octet-stream" if b"\x00" in head[:4096] else "text/plain"


def _check_kind(kind: str, type_: str) -> None:
    """A platform that says "picture" and hands out a page or nothing sensible has handed out an error."""
    family = {"image": "image/", "voice": "audio/", "video": "video/"}.get(kind)
    if family is not None and (not type_.startswith(family) or type_ == "image/svg+xml"):
        raise Refused(Trouble.NOT_IT)


def safe_name(name: str, kind: str, type_: str = "") -> str:
    """For people to read; never a path of ours. Without direction marks and what else hides an ending."""
    cleaned = "".join(
        c for c in name if ord(c) >= 0x20 and ord(c) not in _INVISIBLE and c not in '/\\:*?"<>|\x7f'
    )
    cleaned = cleaned.strip(" .")
    if not cleaned:
        usual = {"image": "图片", "voice": "语音", "video": "视频"}.get(kind, "附件")
        return f"{usual}.{_WRITTEN_LIKE[type_]}" if type_ in _WRITTEN_LIKE else usual
    stem, dot, end = cleaned.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(end) - 1]}.{end}" if dot and len(end) < 12 else cleaned[:LONGEST_NAME]


def ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _is_allowed(end: str, caps: Caps) -> bool:
    return not end or end in _ENDINGS or end in caps.endings
