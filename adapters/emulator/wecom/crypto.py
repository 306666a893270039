"""Tencent's side of the callback envelope (wecom.md §1.2), written apart from the adapter's on purpose."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha1
from hmac import compare_digest
from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # the padding counts in 32s although AES works in 16s (page 101033)
_AES_BLOCK = 16
_HEAD = 16 + 4  # random bytes, then the length of the message


class CryptoError(Exception):
    """``kind`` names the first check that failed: signature, empty, base64, block_length, padding …"""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Sealed:
    """An encrypted message with what travels beside it."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


def sign(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    parts = sorted(part.encode() for part in (token, timestamp, nonce, encrypt))
    return sha1(b"".join(parts), usedforsecurity=False).hexdigest()


class Envelope:
    """Seals and opens messages with one Token, EncodingAESKey and receiveid."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        self._token = token
        self._key = _key_of(encoding_aes_key)
        self._receive_id = receive_id.encode()

    def seal(self, message: bytes, timestamp: str, nonce: str) -> Sealed:
        encrypt = self.encrypt(message, token_bytes(16))
        return Sealed(encrypt, sign(self._token, timestamp, nonce, encrypt), timestamp, nonce)

    def open(self, sealed: Sealed) -> bytes:
        expected = sign(self._token, sealed.timestamp, sealed.nonce, sealed.encrypt)
        if not compare_digest(expected.encode(), sealed.signature.encode()):
            raise CryptoError("signature")
        return self.decrypt(sealed.encrypt)

    def encrypt(self, message: bytes, random: bytes) -> str:
        plain = random + len(message).to_bytes(4, "big") + message + self._receive_id
        fill = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        return b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()

    def decrypt(self, encrypt: str) -> bytes:
        decryptor = self._cipher().decryptor()
        plain = _unpad(decryptor.update(_ciphertext(encrypt)) + decryptor.finalize())
        end = _HEAD + int.from_bytes(plain[16:_HEAD], "big")
        if len(plain) < _HEAD or end > len(plain):
            raise CryptoError("length")
        if plain[end:] != self._receive_id:
            raise CryptoError("receive_id")
        return _as_utf8(plain[_HEAD:end])

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:_AES_BLOCK]))


def _key_of(encoding_aes_key: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", encoding_aes_key):
        raise CryptoError("key")
    return b64decode(encoding_aes_key + "=")


def _ciphertext(encrypt: str) -> bytes:
    if not encrypt:
        raise CryptoError("empty")
    try:
        cipher = b64decode(encrypt, validate=True)
    except (Base64Error, ValueError) as error:
        raise CryptoError("base64") from error
    if not cipher or len(cipher) % _AES_BLOCK:
        raise CryptoError("block_length")
    return cipher


def _unpad(plain: bytes) -> bytes:
    fill = plain[-1]
    if not 1 <= fill <= min(_BLOCK, len(plain)) or plain[-fill:] != bytes([fill]) * fill:
        raise CryptoError("padding")
    return plain[:-fill]


def _as_utf8(message: bytes) -> bytes:
    try:
        message.decode()
    except UnicodeDecodeError as error:
        raise CryptoError("utf8") from error
    return message
