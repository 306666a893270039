"""Cards with callbackType HTTP: the press is posted to the registered address instead of the stream (§4.6)."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.emulator.dingtalk.card_api import Route
from adapters.emulator.dingtalk.stream import Delivery
from adapters.emulator.dingtalk.tenant import Tenant


async def post_callback(tenant: Tenant, route: Route, data: Mapping[str, Any]) -> Delivery:
    """The answer has no ``response`` around it, other than on the stream."""
    since = asyncio.get_running_loop().time()
    timeout = ClientTimeout(total=tenant.switches.patience_seconds)
    headers = signed(route.secret, str(tenant.millis()))
    try:
        async with (
            ClientSession(timeout=timeout) as session,
            session.post(route.url, json=data, headers=headers) as response,
        ):
            answer = await response.json(content_type=None)
            took = asyncio.get_running_loop().time() - since
            return Delivery(response.status == 200, response.status, answer, took)
    except (ClientError, TimeoutError, ValueError):
        return Delivery(acked=False, took=asyncio.get_running_loop().time() - since)


def signed(secret: str, timestamp: str) -> dict[str, str]:
    """The body is not covered by the signature."""
    digest = hmac.new(secret.encode(), timestamp.encode(), sha256).digest()
    return {
        "x-ddpaas-signature-timestamp": timestamp,
        "x-ddpaas-signature": b64encode(digest).decode(),
    }
