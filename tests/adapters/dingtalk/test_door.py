"""Which address of the gateway is good enough to connect to."""

from __future__ import annotations

import pytest

from adapters.chat import Unreachable
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.door import _address

REAL = DingTalkApp("dingapp01", "secret")
PLAYED = DingTalkApp("dingapp01", "secret", api_base="http://127.0.0.1:8080")


def test_the_ticket_is_encoded() -> None:
    url = _address(REAL, "wss://wss-open-connection.dingtalk.com:443/connect", "a+b/c=&d")
    assert url.host == "wss-open-connection.dingtalk.com"
    assert url.path == "/connect"
    assert url.query["ticket"] == "a+b/c=&d"
    assert "+" not in str(url)


def test_an_unencrypted_socket_is_for_an_unencrypted_api() -> None:
    assert _address(PLAYED, "ws://127.0.0.1:8080/connect", "t").scheme == "ws"
    with pytest.raises(Unreachable):
        _address(REAL, "ws://wss-open-connection.dingtalk.com/connect", "t")


@pytest.mark.parametrize(
    ("endpoint", "ticket"),
    [("", "t"), ("wss://x/connect", ""), ("https://x/", "t"), ("wss://[", "t"), ("x", "t")],
)
def test_half_an_answer_is_none(endpoint: str, ticket: str) -> None:
    with pytest.raises(Unreachable):
        _address(REAL, endpoint, ticket)
