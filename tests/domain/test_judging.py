"""What bytes are and whether they are kept, whatever their name says; names that hide something are shown plainly."""

from __future__ import annotations

import zlib
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.files.file import Caps, Trouble
from domain.files.judging import HEAD, LONGEST_NAME, Refused, judge, safe_name
from domain.files.measuring import pixels

END = b"IEND\xaeB`\x82"


def png(width: int = 3, height: int = 2) -> bytes:
    head = b"IHDR" + pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + head + pack(">I", zlib.crc32(head)) + b"\0\0\0\0" + END


def jpeg(width: int, height: int) -> bytes:
    preview = b"\xff\xe1" + pack(">H", 3000) + bytes(2998)
    frame = b"\xff\xc0\x00\x11\x08" + pack(">HH", height, width) + bytes(12)
    return b"\xff\xd8" + preview + frame + b"\xff\xd9"


def judged(kind: str, name: str, data: bytes, caps: Caps = Caps()) -> str:  # noqa: B008
    return judge(kind, name, data[:HEAD], data[-HEAD:], caps).type


@pytest.mark.parametrize(
    ("kind", "name", "data", "type_"),
    [
        ("image", "", png(), "image/png"),
        ("image", "x.exe.png", png(), "image/png"),
        ("image", "", jpeg(40, 30), "image/jpeg"),
        ("image", "", b"GIF89a" + bytes(30), "image/gif"),
        ("image", "", b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(30), "image/webp"),
        ("image", "", b"\x00\x00\x00\x18ftypheic" + bytes(30), "image/heic"),
        ("voice", "voice.amr", b"#!AMR\n123", "audio/amr"),
        ("video", "", b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        ("file", "报价.pdf", b"%PDF-1.7", "application/pdf"),
        ("file", "表.xlsx", b"PK\x03\x04" + bytes(30), "application/zip"),
        ("file", "a.log", "出错了\n".encode(), "text/plain"),
        ("file", "没有扩展名", b"\x01\x00\x02", "application/octet-stream"),
    ],
)
def test_the_bytes_say_what_it_is(kind: str, name: str, data: bytes, type_: str) -> None:
    assert judged(kind, name, data) == type_


@pytest.mark.parametrize(
    ("kind", "name", "data", "trouble"),
    [
        ("image", "", b"", Trouble.EMPTY),
        ("image", "a.png", b"<html><h1>502 Bad Gateway</h1>", Trouble.NOT_IT),
        ("image", "a.png", b'{"errcode":40007}', Trouble.NOT_IT),
        ("image", "a.png", b"MZ\x90\x00", Trouble.NOT_IT),
        ("image", "a.svg", b"<svg xmlns='x'><script>1</script></svg>", Trouble.NOT_IT),
        ("image", "a.png", png()[:-8], Trouble.BROKEN),
        ("image", "a.jpg", jpeg(4, 4)[:-2], Trouble.BROKEN),
        ("voice", "v.amr", png(), Trouble.NOT_IT),
        ("file", "报告.pdf", b"MZ\x90\x00", Trouble.FORBIDDEN),
        ("file", "a.txt", b"\x7fELF", Trouble.FORBIDDEN),
        ("file", "a.txt", b"#!/bin/sh\nrm -rf /", Trouble.FORBIDDEN),
        ("file", "a.txt", b"\xef\xbb\xbf  <!DOCTYPE HTML><script>", Trouble.FORBIDDEN),
        ("file", "a.xml", b"<?xml version='1.0'?><svg/>", Trouble.FORBIDDEN),
        ("file", "a.exe", b"just words", Trouble.FORBIDDEN),
        ("file", ".htaccess", b"Options +ExecCGI", Trouble.FORBIDDEN),
    ],
)
def test_what_is_not_kept(kind: str, name: str, data: bytes, trouble: Trouble) -> None:
    with pytest.raises(Refused) as refused:
        judged(kind, name, data)
    assert refused.value.trouble is trouble


def test_a_company_may_allow_more_endings() -> None:
    assert judged("file", "a.step", b"ISO-10303", Caps(endings=frozenset({"step"}))) == "text/plain"


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (png(640, 480), 640 * 480),
        (jpeg(640, 480), 640 * 480),
        (b"GIF89a" + pack("<HH", 640, 480), 640 * 480),
        (b"RIFF0000WEBPVP8X" + bytes(8) + pack("<I", 639)[:3] + pack("<I", 479)[:3], 640 * 480),
        (b"RIFF0000WEBPVP8 " + bytes(10) + pack("<HH", 640, 480), 640 * 480),
        (b"%PDF", 0),
    ],
)
def test_a_pictures_size_is_read_without_decoding(data: bytes, count: int) -> None:
    assert pixels(data) == count


def test_a_picture_that_would_unfold_to_gigabytes_is_no_picture_to_show() -> None:
    assert judge("image", "", png(3, 2), png(3, 2), Caps()).is_picture
    bomb = png(60_000, 60_000)
    assert not judge("image", "", bomb, bomb, Caps()).is_picture


@given(some.binary(max_size=200))
def test_measuring_survives_anything(noise: bytes) -> None:
    for head in (b"\xff\xd8\xff", b"\x89PNG", b"GIF89a", b"RIFF0000WEBPVP8L", b""):
        assert pixels(head + noise) >= 0


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("报价 单.pdf", "报价 单.pdf"),
        ("../../etc/passwd", "etcpasswd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\x00b\nc.png", "abc.png"),
        ("annexe\u202egnp.exe", "annexegnp.exe"),
        (".ht\u200baccess", "htaccess"),
        ("CON", "CON"),
        ("  . ", "图片"),
    ],
)
def test_names_are_words_and_never_paths(name: str, plain: str) -> None:
    assert safe_name(name, "image") == plain


@given(some.text(max_size=400))
def test_no_name_is_empty_long_or_a_path(name: str) -> None:
    plain = safe_name(name, "file")
    assert 0 < len(plain) <= LONGEST_NAME
    assert not set(plain) & set('/\\\0\n\r"')
