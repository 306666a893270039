"""Files of a chat with the bot: encrypted, behind an address that lives five minutes (wecom.md §4.1)."""

from __future__ import annotations

import base64
import binascii

from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from yarl import URL

from adapters.chat import Rejected, Sink, Unreachable
from adapters.pouring import PIECE, pour
from adapters.wecom.aibot.app import WS_URL

_BLOCK, _AES_BLOCK, _KEY = 32, 16, 32
_TIMEOUT = ClientTimeout(total=60, sock_connect=10, sock_read=10)
_HOSTS = (".qq.com", ".myqcloud.com", ".qpic.cn")


async def fetch(
    session: ClientSession, url: str, aeskey: str, into: Sink, *, limit: int, ws_url: str
) -> None:
    """Raises Rejected when the file is gone, elsewhere, too big or not what it should be."""
    if not trusted(url, ws_url):
        raise Rejected("download.host", "文件地址不属于企业微信")
    if not aeskey:
        await _download(session, url, into, limit)
        return
    unsealing = Unsealing(aeskey, into)
    await _download(session, url, unsealing, limit + _BLOCK)
    await unsealing.end()


def trusted(url: str, ws_url: str) -> bool:
    """Tencent's hosts over TLS, or the very server that an operator has pointed us to (the emulator)."""
    try:
        target, server = URL(url), URL(ws_url)
    except ValueError:
        return False
    if target.user or target.password or not target.host:
        return False
    if ws_url != WS_URL and (target.host, target.port) == (server.host, server.port):
        return target.scheme in {"http", "https"}
    return target.scheme == "https" and target.port == 443 and target.host.lower().endswith(_HOSTS)


class Unsealing:
    """AES-256-CBC with the key's head as IV, padded to 32; the last block waits until it is known to be the last."""

    def __init__(self, aeskey: str, into: Sink) -> None:
        key = _key_of(aeskey)
        self._into = into
        self._decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_AES_BLOCK])).decryptor()
        self._size = 0
        self._held = b""

    async def write(self, piece: bytes) -> None:
        self._size += len(piece)
        plain = self._held + self._decryptor.update(piece)
        self._held = plain[-_BLOCK:]
        if ready := plain[:-_BLOCK]:
            await self._into.write(ready)

    async def end(self) -> None:
        if not self._size or self._size % _AES_BLOCK:
            raise Rejected("download.sealed", "文件解不开")
        plain = self._held + self._decryptor.finalize()
        count = plain[-1]
        if not 1 <= count <= min(_BLOCK, len(plain)) or plain[-count:] != bytes([count]) * count:
            raise Rejected("download.sealed", "文件解不开")
        if last := plain[:-count]:
            await self._into.write(last)


def _key_of(aeskey: str) -> bytes:
    """Its base64 may lack the last "="."""
    try:
        key = base64.b64decode(aeskey + "=" * (-len(aeskey) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("download.key", "文件密钥不对") from None
    if len(key) != _KEY:
        raise Rejected("download.key", "文件密钥不对")
    return key


async def _download(session: ClientSession, url: str, into: Sink, limit: int) -> None:
    try:
        async with session.get(URL(url, encoded=True), timeout=_TIMEOUT, allow_redirects=False) as response:
            if response.status >= 500:
                raise Unreachable(f"no file: HTTP {response.status}")
            if response.status != 200:
                raise Rejected(f"HTTP {response.status}", "文件已失效")
            pieces = response.content.iter_chunked(PIECE)
            await pour(pieces, into, limit, announced=response.content_length)
    except (ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"no file: {type(error).__name__}") from None
