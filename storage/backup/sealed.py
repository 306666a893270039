"""The envelope: AES-GCM in chunks (the STREAM construction), under a key made for this one file.

A chunk's nonce is its position and whether it is the last one, so a chunk that is changed, missing, repeated or in
another place can't be opened, and neither can a file that ends too early. What stands before the first chunk goes
into the file's key and into every chunk's additional data.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.backup.errors import Damaged, NotABackup, UnknownKey

MAGIC = b"PAIDAN-BACKUP\x01\n"
CHUNK = 64 * 1024  # bytes of text in one
_TAG = 16
_SALT = 32


@dataclass(frozen=True)
class BackupKey:
    kid: str
    secret: bytes = field(repr=False)

    @classmethod
    def read(cls, pair: str) -> BackupKey:
        """Written "<key id>:<base64>", as in the configuration. Raises ValueError."""
        kid, _, value = pair.strip().partition(":")
        return cls(kid, base64.b64decode(value, validate=True))

    @classmethod
    def fresh(cls, kid: str) -> BackupKey:
        return cls(kid, os.urandom(32))

    def written(self) -> str:
        return f"{self.kid}:{base64.b64encode(self.secret).decode()}"


class Sealing:
    """Writes what it is given, sealed. ``finish`` marks the end: without it the file is no backup."""

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        kid = key.kid.encode()
        preamble = MAGIC + bytes([len(kid)]) + kid + os.urandom(_SALT)
        file.write(preamble)
        self._file = file
        self._chunks = _Chunks(key, preamble)
        self._waiting = bytearray()

    def write(self, text: bytes) -> None:
        self._waiting += text
        while len(self._waiting) > CHUNK:
            self._file.write(self._chunks.seal(bytes(self._waiting[:CHUNK])))
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        self._file.write(self._chunks.seal(bytes(self._waiting), is_last=True))


def opened(file: BinaryIO, keys: Sequence[BackupKey]) -> Iterator[bytes]:
    """The text, a chunk at a time. Raises NotABackup, UnknownKey, Damaged."""
    preamble = _preamble(file)
    kid = preamble[len(MAGIC) + 1 : -_SALT].decode(errors="replace")
    key = next((key for key in keys if key.kid == kid), None)
    if key is None:
        raise UnknownKey(kid)
    chunks = _Chunks(key, preamble)
    piece = file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        yield chunks.open(piece, is_last=not following)
        if not following:
            return
        piece = following


def _preamble(file: BinaryIO) -> bytes:
    start = file.read(len(MAGIC) + 1)
    if start[:-1] != MAGIC:
        raise NotABackup
    rest = file.read(start[-1] + _SALT)
    if len(rest) < start[-1] + _SALT:
        raise Damaged("文件开头就断了")
    return start + rest


class _Chunks:
    def __init__(self, key: BackupKey, preamble: bytes) -> None:
        secret = HKDF(SHA256(), 32, salt=preamble[-_SALT:], info=preamble).derive(key.secret)
        self._cipher = AESGCM(secret)
        self._preamble = preamble
        self._position = 0

    def seal(self, text: bytes, *, is_last: bool = False) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last=is_last), text, self._preamble)

    def open(self, piece: bytes, *, is_last: bool) -> bytes:
        position = self._position
        try:
            return self._cipher.decrypt(self._nonce(is_last=is_last), piece, self._preamble)
        except InvalidTag:
            raise Damaged(_what_is_wrong(position)) from None

    def _nonce(self, *, is_last: bool) -> bytes:
        nonce = bytes(7) + self._position.to_bytes(4) + bytes([is_last])
        self._position += 1
        return nonce


def _what_is_wrong(position: int) -> str:
    if position == 0:
        return "第 1 段打不开（也可能是密钥不对）"
    return f"第 {position + 1} 段被改动、调换或丢失"
