"""Frames and acknowledgements beside those captured from the vendor's own SDKs."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dingtalk.frames import BadFrame, acknowledgement, parse, refusal, text_of
from adapters.dingtalk.sdk import (
    CallbackMessage,
    EventMessage,
    QuietCallbacks,
    QuietSystem,
    SystemMessage,
)
from tests.adapters.dingtalk.odd_json import calmly, objects

CAPTURES = json.loads((Path(__file__).parent / "vectors" / "sdk-captures.json").read_text())
EXCHANGES = [
    (sdk, name.removeprefix("exchange "), exchange)
    for sdk, captured in CAPTURES.items()
    for name, exchange in captured.items()
    if name.startswith("exchange ")
]


@pytest.mark.parametrize(("sdk", "name", "exchange"), EXCHANGES, ids=lambda value: str(value)[:40])
def test_captured_frame_is_read(sdk: str, name: str, exchange: dict[str, Any]) -> None:
    sent = exchange["server_to_client"]
    frame = parse(json.dumps(sent))
    assert frame.headers.message_id == sent["headers"]["messageId"]
    assert frame.headers.topic == sent["headers"]["topic"]
    assert frame.data == json.loads(sent["data"])


@pytest.mark.parametrize("sdk", list(CAPTURES))
async def test_ping_is_answered_as_the_sdk_does(sdk: str) -> None:
    exchange = CAPTURES[sdk]["exchange ping"]
    frame = parse(json.dumps(exchange["server_to_client"]))
    ack = json.loads(text_of(await QuietSystem().raw_process(frame)))
    captured = exchange["client_ack"]
    assert json.loads(ack["data"]) == json.loads(captured["data"])
    assert ack["code"] == captured["code"]
    assert ack["headers"].items() <= captured["headers"].items()


def test_robot_acknowledgement_is_the_documented_one() -> None:
    exchange = CAPTURES["python-0.24.3"]["exchange /v1.0/im/bot/messages/get"]
    frame = parse(json.dumps(exchange["server_to_client"]))
    ack = json.loads(text_of(acknowledgement(frame, 200, {"response": None})))
    assert ack == exchange["client_ack"] | {"message": "OK", "data": '{"response": null}'}


async def test_a_topic_that_nobody_knows_is_refused_with_404() -> None:
    frame = parse('{"type":"CALLBACK","headers":{"topic":"/v1.0/new","messageId":"m"},"data":"{}"}')
    assert (await QuietCallbacks().raw_process(frame)).code == 404


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            '{"type":"SYSTEM","headers":{"topic":"disconnect","contentType":"application/json"}}',
            SystemMessage,
        ),
        ('{"type":"SYSTEM","headers":{"topic":"disconnect"},"data":"bye"}', SystemMessage),
        ('{"type":"SYSTEM","headers":{"topic":"KEEPALIVE","time":1767225600000},"time":1}', SystemMessage),
        ('{"type":"EVENT","header":{"topic":"*","eventType":"x"},"data":"{}"}', EventMessage),
        (
            '{"type":"EVENT","headers":{"topic":"*","eventBornTime":"later","new":{}},"data":"{}"}',
            EventMessage,
        ),
        (
            '{"type":"CALLBACK","headers":{"messageId":"m","time":"noon"},"data":"{\\"a\\":NaN}"}',
            CallbackMessage,
        ),
    ],
)
def test_frames_may_lack_or_add_much(text: str, kind: type) -> None:
    assert type(parse(text)) is kind


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[]", "null", "{}", '{"type":"NEWS"}', "[" * 100_000, '{"type":[]}', "\x00", "9" * 5000],
)
def test_what_is_no_frame_is_said_to_be_none(text: str) -> None:
    with pytest.raises(BadFrame) as caught:
        parse(text)
    assert caught.value.message_id == ""


@pytest.mark.parametrize("data", ["{", "[" * 100_000, "9" * 5000, 7])
def test_unreadable_data_can_be_refused(data: object) -> None:
    with pytest.raises(BadFrame) as caught:
        parse(json.dumps({"type": "CALLBACK", "headers": {"messageId": "m-1"}, "data": data}))
    ack = json.loads(text_of(refusal(caught.value.message_id)))
    assert (ack["code"], ack["headers"]["messageId"]) == (400, "m-1")


@calmly
@given(
    objects(["type", "headers", "header", "data", "topic", "messageId", "time"]),
    st.sampled_from(["SYSTEM", "EVENT"]),
)
def test_no_frame_raises_anything_but_bad_frame(raw: dict[str, Any], kind: str) -> None:
    try:
        parse(json.dumps({"type": kind} | raw))
    except BadFrame:
        return


def test_the_sdk_logs_nothing_and_hangs_no_output_on_the_logging_tree() -> None:
    QuietCallbacks()
    QuietSystem()
    names = [name for name in logging.root.manager.loggerDict if name.startswith("dingtalk_stream")]
    assert names
    for name in names:
        logger = logging.getLogger(name)
        assert not [handler for handler in logger.handlers if type(handler) is logging.StreamHandler]
        assert not logger.isEnabledFor(logging.ERROR)
