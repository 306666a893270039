"""Files of a chat with the bot: encrypted, behind an address that lives five minutes (wecom.md §4.1)."""

from __future__ import annotations

import base64
import binascii

from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from yarl import URL

from adapters.chat import Rejected, Unreachable
from adapters.wecom.aibot.app import WS_URL
from adapters.wecom.capped import TooBig, read_capped

MAX_BYTES = 20 * 1024 * 1024
_BLOCK, _AES_BLOCK, _KEY = 32, 16, 32
_TIMEOUT = ClientTimeout(total=60, sock_connect=10, sock_read=10)
_HOSTS = (".qq.com", ".myqcloud.com", ".qpic.cn")


async def fetch(session: ClientSession, url: str, aeskey: str, *, ws_url: str) -> bytes:
    """Raises Rejected when the file is gone, elsewhere, too big or not what it should be."""
    if not trusted(url, ws_url):
        raise Rejected("download.host", "文件地址不属于企业微信")
    sealed = await _downloaded(session, url)
    return opened(sealed, aeskey) if aeskey else sealed


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


def opened(sealed: bytes, aeskey: str) -> bytes:
    """AES-256-CBC with the key's head as IV, padded to 32. The key's base64 may lack its last "="."""
    try:
        key = base64.b64decode(aeskey + "=" * (-len(aeskey) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("download.key", "文件密钥不对") from None
    if len(key) != _KEY or not sealed or len(sealed) % _AES_BLOCK:
        raise Rejected("download.sealed", "文件解不开")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_AES_BLOCK])).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    count = plain[-1]
    if not 1 <= count <= min(_BLOCK, len(plain)) or plain[-count:] != bytes([count]) * count:
        raise Rejected("download.sealed", "文件解不开")
    return plain[:-count]


async def _downloaded(session: ClientSession, url: str) -> bytes:
    try:
        async with session.get(URL(url, encoded=True), timeout=_TIMEOUT, allow_redirects=False) as response:
            if response.status >= 500:
                raise Unreachable(f"no file: HTTP {response.status}")
            if response.status != 200:
                raise Rejected(f"HTTP {response.status}", "文件已失效")
            limit = MAX_BYTES + _BLOCK
            return await read_capped(response.content, limit, announced=response.content_length)
    except TooBig:
        raise Rejected("download.size", "文件太大") from None
    except (ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"no file: {type(error).__name__}") from None
