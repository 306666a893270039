"""The guard in front of wechatpy's envelope: every way in which a callback can be wrong has one type.

wechatpy keeps the cipher and the assembly. What it leaves open is closed here: it compares signatures with
``!=``, ignores junk in base64, believes any padding and lets eight kinds of exceptions out
(reference: documents 90238 and 101033; sha1 over the sorted parts, AES-256-CBC, padding to 32).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

WINDOW_SECONDS = 600
_AES_BLOCK = 16
_PADDING_BLOCK = 32
_HEAD = 20  # sixteen random bytes, then the length of the message


class EnvelopeRefused(Exception):
    """An envelope that is not WeCom's, or not for us. ``kind`` is what the log says; the outside hears none."""

    kind: ClassVar[str] = "envelope"


class BadSignature(EnvelopeRefused):
    kind = "signature"


class WrongTime(EnvelopeRefused):
    kind = "timestamp"


class EmptyEnvelope(EnvelopeRefused):
    kind = "empty"


class BadBase64(EnvelopeRefused):
    kind = "base64"


class BadBlockLength(EnvelopeRefused):
    kind = "block_length"


class BadPadding(EnvelopeRefused):
    kind = "padding"


class BadLength(EnvelopeRefused):
    kind = "length"


class WrongReceiver(EnvelopeRefused):
    kind = "receive_id"


class BadUtf8(EnvelopeRefused):
    kind = "utf8"


class BadKey(EnvelopeRefused):
    """The configured EncodingAESKey cannot be one."""

    kind = "key"

    def __init__(self) -> None:
        super().__init__(
            "encoding_aes_key 应为 43 位字母和数字，请在企业微信管理后台「应用管理 → 接收消息」中重新复制。"
        )


class Envelope:
    """Opens and seals what travels between WeCom and one application.

    ``receive_id`` is the corp id for an application and empty for an AI bot.
    """

    def __init__(
        self,
        token: str,
        encoding_aes_key: str,
        receive_id: str,
        *,
        random16: Callable[[], bytes] = lambda: secrets.token_bytes(16),
    ) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{43}", encoding_aes_key):
            raise BadKey
        self._token = token
        self._crypto = _StrictCrypto(token, encoding_aes_key, receive_id, random16)

    def open(self, encrypt: str, *, signature: str, timestamp: str, nonce: str) -> str:
        """The message inside. Raises EnvelopeRefused."""
        expected = _signature(self._token, timestamp, nonce, encrypt)
        if not hmac.compare_digest(expected, _bytes(signature)):
            raise BadSignature
        opened: str = self._crypto.decrypt_message({"Encrypt": encrypt}, signature, timestamp, nonce)
        return opened

    def seal(self, message: str, *, timestamp: str, nonce: str) -> str:
        """The XML of a passive answer. ``nonce`` is ours to choose."""
        sealed: str = self._crypto.encrypt_message(message, nonce, timestamp)
        return sealed


def check_time(timestamp: str, now: datetime) -> None:
    """The protocol has no protection against replays; a window keeps them short."""
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise WrongTime("no number")
    skew = now.timestamp() - int(timestamp)
    if abs(skew) > WINDOW_SECONDS:
        raise WrongTime(f"{skew:.0f} s off")


def _signature(*parts: str) -> bytes:
    return hashlib.sha1(b"".join(sorted(map(_bytes, parts)))).hexdigest().encode()  # noqa: S324 - WeCom's choice


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


class _StrictCrypto(WeChatCrypto):  # type: ignore[misc]
    """wechatpy's envelope with our reading of its content."""

    def __init__(self, token: str, key: str, receive_id: str, random16: Callable[[], bytes]) -> None:
        super().__init__(token, key, receive_id)
        self._content = _StrictContent(self.key, random16)

    def decrypt_message(self, msg: dict[str, str], signature: str, timestamp: str, nonce: str) -> Any:
        return self._decrypt_message(msg, signature, timestamp, nonce, lambda _key: self._content)

    def encrypt_message(self, msg: str, nonce: str, timestamp: str | None = None) -> Any:
        return self._encrypt_message(msg, nonce, timestamp, lambda _key: self._content)


class _StrictContent(PrpCrypto):  # type: ignore[misc]
    def __init__(self, key: bytes, random16: Callable[[], bytes]) -> None:
        super().__init__(key)
        self._random16 = random16

    def get_random_string(self) -> bytes:
        """wechatpy's own is not from a source for secrets, and this one stands in for the missing IV."""
        return self._random16()

    def decrypt(self, text: str, corp_id: str) -> str:
        return _content(_unpadded(self.cipher.decrypt(_blocks(text))), corp_id.encode())


def _blocks(text: str) -> bytes:
    if not text:
        raise EmptyEnvelope
    try:
        blocks = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as broken:  # ValueError: not even ASCII
        raise BadBase64 from broken
    if not blocks:
        raise EmptyEnvelope
    if len(blocks) % _AES_BLOCK:
        raise BadBlockLength
    return blocks


def _unpadded(plain: bytes) -> bytes:
    """1 to 32 equal bytes. Both of Tencent's libraries also take text that is padded to 16 only."""
    count = plain[-1]
    if not 1 <= count <= min(_PADDING_BLOCK, len(plain)) or plain[-count:] != bytes([count]) * count:
        raise BadPadding
    return plain[:-count]


def _content(plain: bytes, receive_id: bytes) -> str:
    if len(plain) < _HEAD:
        raise BadLength
    (length,) = struct.unpack_from(">I", plain, _HEAD - 4)
    if length > len(plain) - _HEAD:
        raise BadLength
    if not hmac.compare_digest(plain[_HEAD + length :], receive_id):
        raise WrongReceiver
    try:
        return plain[_HEAD : _HEAD + length].decode()
    except UnicodeDecodeError as broken:
        raise BadUtf8 from broken
