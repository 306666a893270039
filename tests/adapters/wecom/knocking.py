"""A hand that knocks at the bot's door as WeCom would, or as somebody else would."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.wecom.app import WeComApp


@dataclass(frozen=True)
class Knock:
    """One request, taken apart so that a test can spoil any part of it."""

    query: tuple[tuple[str, str], ...]
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def with_query(self, **changes: str) -> Knock:
        return replace(self, query=tuple((name, changes.get(name, value)) for name, value in self.query))

    def without(self, name: str) -> Knock:
        return replace(self, query=tuple(pair for pair in self.query if pair[0] != name))

    def doubled(self, name: str) -> Knock:
        return replace(self, query=(*self.query, *[pair for pair in self.query if pair[0] == name]))

    async def at(self, door: TestClient, path: str = "/wecom/callback") -> ClientResponse:  # type: ignore[type-arg]
        return await door.post(path, params=list(self.query), data=BytesIO(self.body), headers=self.headers)


def knock(app: WeComApp, plaintext: bytes, now: datetime) -> Knock:
    """A good envelope around ``plaintext``."""
    return knock_with(app, sealed(app, plaintext), now)


def knock_with(app: WeComApp, encrypt: str, now: datetime) -> Knock:
    """``encrypt`` with a good signature, whatever it is."""
    query = signed(app, encrypt, now)
    body = f"<xml><ToUserName>{app.corp_id}</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    return Knock(query, body.encode())


def signed(app: WeComApp, encrypt: str, now: datetime) -> tuple[tuple[str, str], ...]:
    timestamp, nonce = str(int(now.timestamp())), "1372623149"
    parts = sorted(part.encode() for part in (app.token, timestamp, nonce, encrypt))
    signature = hashlib.sha1(b"".join(parts)).hexdigest()
    return (("msg_signature", signature), ("timestamp", timestamp), ("nonce", nonce))


def sealed(
    app: WeComApp, plaintext: bytes, *, receive_id: str | None = None, padding: bytes | None = None
) -> str:
    """Written after document 90238, on its own: neither our guard nor wechatpy is asked."""
    receiver = (app.corp_id if receive_id is None else receive_id).encode()
    plain = b"0123456789abcdef" + struct.pack(">I", len(plaintext)) + plaintext + receiver
    missing = 32 - len(plain) % 32
    return encrypted(app, plain + (padding or bytes([missing])) * missing)


def encrypted(app: WeComApp, blocks: bytes) -> str:
    key = base64.b64decode(app.encoding_aes_key + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(blocks) + encryptor.finalize()).decode()
