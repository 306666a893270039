"""How long voices and films last: made here with other tools than the ones that measure, and torn in every place."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.files.lasting import millis_of


def amr(frames: int, kind: int = 7, size: int = 31, head: bytes = b"#!AMR\n") -> bytes:
    return head + (bytes([kind << 3 | 4]) + bytes(size)) * frames


def wav(seconds: float, rate: int = 8000) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(int(seconds * rate) * 2))
    return made.getvalue()


def atom(name: bytes, *parts: bytes, wide: bool = False) -> bytes:
    body = b"".join(parts)
    if wide:
        return struct.pack(">I4sQ", 1, name, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, name) + body


def mp4(millis: int, *, version: int = 0, wide: bool = False) -> bytes:
    numbers = (
        struct.pack(">QQIQ", 0, 0, 1000, millis) if version else struct.pack(">IIII", 0, 0, 1000, millis)
    )
    head = atom(b"mvhd", bytes([version, 0, 0, 0]), numbers, bytes(80))
    return atom(b"ftyp", b"isom") + atom(b"mdat", bytes(500), wide=wide) + atom(b"moov", atom(b"iods"), head)


@pytest.mark.parametrize(
    ("data", "millis"),
    [
        (amr(50), 1000),
        (amr(3, kind=0, size=12), 60),
        (amr(2, kind=15, size=0), 40),  # silence
        (amr(100, kind=8, size=60, head=b"#!AMR-WB\n"), 2000),
        (wav(2.5), 2500),
        (mp4(5250), 5250),
        (mp4(5250, version=1), 5250),
        (mp4(90_000, wide=True), 90_000),
        (b"", 0),
        (b"ID3 an mp3", 0),
        (b"#!AMR\n", 0),
        (atom(b"ftyp", b"isom"), 0),
    ],
)
def test_how_long_it_lasts(data: bytes, millis: int) -> None:
    assert millis_of(data) == millis


@given(
    st.sampled_from([amr(5), wav(0.1), mp4(700), mp4(700, version=1, wide=True)]),
    st.integers(0, 700),
    st.binary(max_size=8),
)
def test_what_is_torn_or_overwritten_never_breaks_it(whole: bytes, at: int, over: bytes) -> None:
    assert millis_of(whole[:at]) >= 0
    assert millis_of(whole[:at] + over + whole[at + len(over) :]) >= 0
