"""Asking for a stream: credentials in, an address and a ticket for one socket out (dingtalk.md §1.1)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import ClientSession
from yarl import URL

from adapters.chat import Unreachable
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.errors import opening_refusal
from adapters.dingtalk.http import ask
from adapters.dingtalk.payload import text_at

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
# All replicas must ask for the same (§1.8), and no more than is needed, since messages are billed (§0.1).
TOPICS = (("CALLBACK", ROBOT_TOPIC), ("CALLBACK", CARD_TOPIC))
EVENTS = ("EVENT", "*")

_UA = "paidan/0.1"


async def open_stream(session: ClientSession, app: DingTalkApp, topics: Sequence[tuple[str, str]]) -> URL:
    """The address to connect to, good for 90 seconds and one socket. Raises PlatformError."""
    answer = await ask(
        session,
        "POST",
        app.api("/v1.0/gateway/connections/open"),
        body={
            "clientId": app.client_id,
            "clientSecret": app.client_secret,
            "subscriptions": [{"type": kind, "topic": topic} for kind, topic in topics],
            "ua": _UA,
        },
    )
    if answer.status != 200:
        raise opening_refusal(answer.status, answer.body)
    return _address(app, text_at(answer.body, "endpoint"), text_at(answer.body, "ticket"))


def _address(app: DingTalkApp, endpoint: str, ticket: str) -> URL:
    """Unencrypted only where an operator has pointed us at an unencrypted API, that is the emulator."""
    try:
        url = URL(endpoint)
    except ValueError:
        url = URL()
    schemes = {"ws", "wss"} if URL(app.api_base).scheme == "http" else {"wss"}
    if url.scheme not in schemes or not url.host or not ticket:
        raise Unreachable("the gateway named no usable address")
    return url.update_query(ticket=ticket)
