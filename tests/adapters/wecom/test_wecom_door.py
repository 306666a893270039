"""The callback's door: what it opens to, what it does not, and that it is never broken."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.chat import Joined, Pressed, Reply, Said, Unreadable
from adapters.emulator.clock import Clock
from adapters.wecom import WeComApp, callback_routes
from adapters.wecom.envelope import BadKey, Envelope
from tests.adapters.wecom.conftest import CORP, START
from tests.adapters.wecom.fakes import Inbox, closed, offer
from tests.adapters.wecom.knocking import Knock, encrypted, knock, knock_with, sealed, signed
from tests.adapters.wecom.official import node, official
from tests.adapters.wecom.test_wecom_envelope import APP as TRIPLE
from tests.adapters.wecom.test_wecom_envelope import reopened

PAYLOADS = Path(__file__).with_name("payloads")
APP = WeComApp(
    corp_id=CORP,
    agent_id=1000002,
    secret="s",
    token=TRIPLE["token"],
    encoding_aes_key=TRIPLE["encoding_aes_key"],
)
SECOND_APP = WeComApp(
    corp_id=CORP, agent_id=1000003, secret="s", token="AnotherToken", encoding_aes_key="B" * 43, name="hr"
)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.xml").read_bytes()


@dataclass
class Door:
    client: TestClient  # type: ignore[type-arg]
    inbox: Inbox
    clock: Clock

    async def post(self, one: Knock, path: str = "/wecom/callback") -> tuple[int, str]:
        response = await one.at(self.client, path)
        return response.status, await response.text()

    async def knock(self, name: str) -> tuple[int, str]:
        return await self.post(knock(APP, payload(name), self.clock.now()))

    async def answer(self, name: str) -> str:
        """The decrypted passive answer, "" where there is none."""
        status, body = await self.knock(name)
        assert status == 200
        envelope = Envelope(APP.token, APP.encoding_aes_key, CORP)
        return reopened(envelope, body) if body else ""


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    inbox, clock = Inbox(), Clock(START)
    application = web.Application()
    application.add_routes(callback_routes(APP, inbox.receive, now=clock.now, further=[SECOND_APP]))
    application.add_routes(
        callback_routes(SECOND_APP, inbox.receive, now=clock.now, path="/hasty", budget=0.05)
    )
    async with TestClient(TestServer(application)) as client:
        yield Door(client, inbox, clock)


# ── verification of the address ──


async def verified(door: Door, plaintext: bytes, **changes: str) -> tuple[int, bytes, str]:
    echo = sealed(APP, plaintext)
    query = {**dict(signed(APP, echo, door.clock.now())), "echostr": echo, **changes}
    response = await door.client.get("/wecom/callback", params=query)
    return response.status, await response.read(), response.content_type


@pytest.mark.parametrize("plaintext", [b"1616140317555161061", b" \xe4\xb8\xad\r\n", b'"quoted"'])
async def test_verification_answers_exactly_the_plaintext(door: Door, plaintext: bytes) -> None:
    assert await verified(door, plaintext) == (200, plaintext, "text/plain")


async def test_verification_with_a_plus_that_became_a_space_is_refused(door: Door) -> None:
    plaintext = next(text for text in map(str, range(10_000)) if "+" in sealed(APP, text.encode()))
    echo = sealed(APP, plaintext.encode())
    status, body, _ = await verified(door, plaintext.encode(), echostr=echo.replace("+", " "))
    assert (status, body) == (404, b"")
    assert (await verified(door, plaintext.encode()))[0] == 200


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce", "echostr"])
async def test_verification_with_a_part_missing_is_refused(door: Door, missing: str) -> None:
    echo = sealed(APP, b"1")
    query = {**dict(signed(APP, echo, door.clock.now())), "echostr": echo}
    del query[missing]
    response = await door.client.get("/wecom/callback", params=query)
    assert (response.status, await response.read()) == (404, b"")


# ── what comes in ──


@pytest.mark.parametrize(
    ("name", "kind"),
    [("text", Said), ("image", Said), ("card_one_choice", Pressed), ("event_enter_agent", Joined)],
)
async def test_a_good_envelope_reaches_the_inbox(door: Door, name: str, kind: type) -> None:
    assert await door.knock(name) == (200, "")
    assert [type(incoming) for incoming in door.inbox.received] == [kind]


async def test_an_unknown_kind_of_message_reaches_the_inbox_as_unreadable(door: Door) -> None:
    assert await door.knock("sticker_unknown") == (200, "")
    assert isinstance(door.inbox.last, Unreadable)


@pytest.mark.parametrize(
    "name", ["event_change_contact", "event_view", "event_brand_new", "event_inactive_alert"]
)
async def test_events_that_ask_for_nothing_are_thanked_for(door: Door, name: str) -> None:
    assert await door.knock(name) == (200, "")
    assert door.inbox.received == []


async def test_a_repeated_delivery_has_the_same_id(door: Door) -> None:
    await door.knock("card_one_choice")
    door.clock.advance(timedelta(seconds=5))
    await door.knock("card_one_choice")
    first, second = door.inbox.received
    assert first.id == second.id


async def test_the_largest_message_of_the_vectors_passes(door: Door) -> None:
    long = payload("text").decode().replace("一直", "长" * 24_500).encode()
    assert len(long) > 73_600
    assert await door.post(knock(APP, long, START)) == (200, "")


async def test_the_order_of_elements_and_strange_neighbours_do_not_matter(door: Door) -> None:
    good = knock(APP, payload("text"), START)
    body = good.body.replace(
        b"<xml>", b'<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n<AgentID/><New>1</New>'
    )
    assert await door.post(Knock(good.query, body)) == (200, "")


async def test_a_further_application_has_its_own_address_and_keys(door: Door) -> None:
    hr = payload("text").replace(b"1000002", b"1000003")
    good = knock(SECOND_APP, hr, START)
    assert (await door.post(good, "/wecom/callback/hr"))[0] == 200
    assert (await door.post(good))[0] == 404
    assert (await door.post(knock(APP, payload("text"), START), "/wecom/callback/hr"))[0] == 404


# ── what stays outside ──

GOOD = knock(APP, payload("text"), START)
DEEP = b"<a>" * 200_000 + b"</a>" * 200_000
TEXT = payload("text")


def inside(plaintext: bytes) -> Knock:
    return knock(APP, plaintext, START)


def outside(body: bytes) -> Knock:
    return Knock(GOOD.query, body)


def cipher(encrypt: str) -> Knock:
    return knock_with(APP, encrypt, START)


BAD_KNOCKS: dict[str, Knock] = {
    "forged signature": GOOD.with_query(msg_signature="0" * 40),
    "signature of nobody": GOOD.with_query(msg_signature=""),
    "signature in Chinese": GOOD.with_query(msg_signature="签名" * 20),
    "signature in capitals": GOOD.with_query(msg_signature=dict(GOOD.query)["msg_signature"].upper()),
    "other nonce": GOOD.with_query(nonce="1"),
    "other time": GOOD.with_query(timestamp=str(int(START.timestamp()) + 1)),
    "no signature": GOOD.without("msg_signature"),
    "no timestamp": GOOD.without("timestamp"),
    "no nonce": GOOD.without("nonce"),
    "two signatures": GOOD.doubled("msg_signature"),
    "two nonces": GOOD.doubled("nonce"),
    "eleven minutes old": knock(APP, TEXT, START - timedelta(minutes=11)),
    "eleven minutes early": knock(APP, TEXT, START + timedelta(minutes=11)),
    "wrong receiveid": cipher(sealed(APP, TEXT, receive_id="ww0000000000000000")),
    "no receiveid": cipher(sealed(APP, TEXT, receive_id="")),
    "bad padding": cipher(sealed(APP, TEXT, padding=b"\x21")),
    "padding of zeros": cipher(sealed(APP, TEXT, padding=b"\x00")),
    "nothing but padding": cipher(encrypted(APP, b"\x20" * 32)),
    "padding longer than data": cipher(encrypted(APP, b"\x20" * 16)),
    "too short for a length": cipher(encrypted(APP, b"x" * 10 + b"\x06" * 6)),
    "length beyond the end": cipher(encrypted(APP, b"x" * 16 + b"\xff" * 4 + b"\x0c" * 12)),
    "not base64": cipher("!!!!"),
    "only padding of base64": cipher("===="),
    "base64 with a hole": cipher(sealed(APP, TEXT)[:-1]),
    "base64 of half a block": cipher(base64.b64encode(b"x" * 40).decode()),
    "random blocks": cipher(base64.b64encode(bytes(range(160))).decode()),
    "empty Encrypt": cipher(""),
    "other application": inside(TEXT.replace(b"1000002", b"1000003")),
    "other company inside": inside(TEXT.replace(CORP.encode(), b"ww0000000000000000")),
    "not UTF-8 inside": inside(TEXT.replace("一直".encode(), b"\xff\xfe")),
    "lone surrogate inside": inside(TEXT.replace("一直".encode(), b"\xed\xa0\xbd")),
    "deep inside": inside(DEEP[:90_000]),
    "cut short inside": inside(TEXT[:120]),
    "document type inside": inside(b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + TEXT),
    "empty inside": inside(b""),
    "no body": outside(b""),
    "words": outside(b"hello"),
    "deep body": outside(DEEP[:120_000]),
    "wide body": outside(b"<xml>" + b"<a/>" * 30_000 + b"</xml>"),
    "two Encrypts": outside(GOOD.body.replace(b"</xml>", b"<Encrypt>x</Encrypt></xml>")),
    "no Encrypt": outside(b"<xml><ToUserName>x</ToUserName></xml>"),
    "document type": outside(b"<!DOCTYPE xml>" + GOOD.body),
    "laughs": outside(
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
    ),
    "external entity": outside(
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'
    ),
    "parameter entity": outside(
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>' + GOOD.body
    ),
    "UTF-16": outside(GOOD.body.decode().encode("utf-16")),
    "UTF-7 declared": outside(b'<?xml version="1.0" encoding="UTF-7"?><xml>+ADw-</xml>'),
    "NUL in the body": outside(GOOD.body.replace(b"<Encrypt>", b"<Encrypt>\x00")),
    "gzip that is none": Knock(GOOD.query, b"not gzip", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", BAD_KNOCKS)
async def test_a_bad_knock_is_refused_alike_and_the_next_good_one_heard(door: Door, name: str) -> None:
    assert await door.post(BAD_KNOCKS[name]) == (404, "")
    assert door.inbox.received == []
    assert await door.post(GOOD) == (200, "")
    assert len(door.inbox.received) == 1


@pytest.mark.parametrize(
    "one",
    [
        outside(b"<" * 1_000_000),
        outside(b"<" * 1_048_576),
        outside(b"x" * 5_000_000),
        outside(DEEP),
        inside(DEEP),
    ],
    ids=["1 MB", "1 MiB", "5 MB", "200,000 levels", "200,000 levels inside"],
)
async def test_a_huge_body_is_refused_before_it_is_read(door: Door, one: Knock) -> None:
    assert await door.post(one) == (413, "")
    assert await door.post(GOOD) == (200, "")


async def test_a_huge_body_without_a_length_is_refused_too(door: Door) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"<" * 16_384

    response = await door.client.post("/wecom/callback", params=list(GOOD.query), data=pieces())
    assert response.status == 413
    assert await door.post(GOOD) == (200, "")


async def test_a_nul_in_a_message_is_taken_out(door: Door) -> None:
    assert await door.post(inside(TEXT.replace("一直".encode(), b"\x00\x08"))) == (200, "")
    assert isinstance(door.inbox.last, Said)
    assert door.inbox.last.text == "报修 三楼打印机\n卡纸"


async def test_no_flipped_bit_gets_through(door: Door) -> None:
    """Every eleventh bit of every part that is signed: one status, one body, nothing in the inbox."""
    answers = set()
    for mutant in mutants():
        answers.add(await door.post(mutant))
    assert answers == {(404, "")}
    assert door.inbox.received == []


def mutants() -> list[Knock]:
    spoilt = []
    for name, value in GOOD.query:
        for bit in range(0, 8 * len(value), 11):
            changed = bytearray(value.encode())
            changed[bit // 8] ^= 1 << bit % 8
            spoilt.append(GOOD.with_query(**{name: changed.decode("latin-1")}))
    start = GOOD.body.index(b"CDATA[") + 6
    for bit in range(0, 8 * (GOOD.body.index(b"]]>") - start), 11):
        changed = bytearray(GOOD.body)
        changed[start + bit // 8] ^= 1 << bit % 8
        spoilt.append(outside(bytes(changed)))
    return spoilt


async def test_other_methods_are_not_for_this_door(door: Door) -> None:
    for method in ("PUT", "DELETE", "HEAD"):
        assert (await door.client.request(method, "/wecom/callback")).status == 405


def test_a_bad_key_is_told_before_anything_is_served() -> None:
    app = WeComApp(corp_id=CORP, agent_id=1, secret="s", token="t", encoding_aes_key="short")
    with pytest.raises(BadKey):
        callback_routes(app, Inbox().receive, now=Clock(START).now)


# ── answers ──


async def test_words_are_answered_passively(door: Door) -> None:
    door.inbox.reply = Reply(text="已受理 IT-1042")
    assert await door.answer("text") == (
        f"<xml><ToUserName><![CDATA[LiSi]]></ToUserName><FromUserName><![CDATA[{CORP}]]></FromUserName>"
        f"<CreateTime>{int(START.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[已受理 IT-1042]]></Content></xml>"
    )


async def test_words_are_cut_between_characters(door: Door) -> None:
    door.inbox.reply = Reply(text="卡" * 1000)
    content = (await door.answer("text")).partition("<Content><![CDATA[")[2].partition("]]>")[0]
    assert len(content.encode()) <= 2048
    assert content == "卡" * 681 + "…"


async def test_a_card_for_a_message_becomes_the_words_that_do_the_same(door: Door) -> None:
    door.inbox.reply = Reply(card=offer())
    assert "「接单 IT-1042」" in await door.answer("text")


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (Reply(card=offer()), "<QuoteText><![CDATA[请在 14:30 前响应]]></QuoteText>"),
        (
            Reply(card=offer(), note="已被王芳接单"),
            "<QuoteText><![CDATA[已被王芳接单\n请在 14:30 前响应]]></QuoteText>",
        ),
        (Reply(card=closed(note="已接单"), note="已接单"), "<QuoteText><![CDATA[已接单]]></QuoteText>"),
        (Reply(card=closed()), "<ReplaceText><![CDATA[已解决]]></ReplaceText>"),
        (Reply(note="这张卡片已失效"), "<Content><![CDATA[这张卡片已失效]]></Content>"),
        (Reply(text="已私聊", note="已私聊"), "<Content><![CDATA[已私聊]]></Content>"),
    ],
)
async def test_a_press_is_answered_with_the_card_or_the_note(door: Door, reply: Reply, shown: str) -> None:
    door.inbox.reply = reply
    assert shown in await door.answer("card_no_choice")


async def test_buttons_that_remain_are_not_replaced(door: Door) -> None:
    door.inbox.reply = Reply(card=offer())
    answer = await door.answer("card_no_choice")
    assert "<ReplaceText>" not in answer
    assert answer.count("<ButtonList>") == 3


async def test_a_card_that_is_too_long_for_wecom_is_fitted(door: Door) -> None:
    door.inbox.reply = Reply(card=offer(title="长" * 90))
    assert f"<Title><![CDATA[{'长' * 35}…]]></Title>" in await door.answer("card_no_choice")


async def test_nothing_durable_means_no_acknowledgement(door: Door) -> None:
    door.inbox.failure = ConnectionError("no database")
    assert (await door.knock("text"))[0] == 500
    door.inbox.failure = None
    assert await door.knock("text") == (200, "")


async def test_a_slow_inbox_is_not_waited_for_and_not_interrupted(door: Door) -> None:
    go, finished = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        await go.wait()
        finished.set()

    door.inbox.hold = hold
    door.inbox.reply = Reply(text="too late")
    hr = payload("text").replace(b"1000002", b"1000003")
    assert await door.post(knock(SECOND_APP, hr, START), "/hasty") == (200, "")
    go.set()
    await asyncio.wait_for(finished.wait(), 5)


async def test_a_failure_after_the_answer_is_told(door: Door, told: Callable[[], list[str]]) -> None:
    go = asyncio.Event()
    door.inbox.hold = go.wait  # type: ignore[assignment]
    door.inbox.failure = ConnectionError("no database")
    hr = payload("text").replace(b"1000002", b"1000003")
    assert (await door.post(knock(SECOND_APP, hr, START), "/hasty"))[0] == 200
    go.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert "callback failed after its answer" in told()


@official
async def test_the_official_library_and_our_door_understand_each_other(door: Door) -> None:
    setting = {
        "key": APP.encoding_aes_key,
        "token": APP.token,
        "id": CORP,
        "timestamp": str(int(START.timestamp())),
        "nonce": "77",
    }
    made = node(
        """
        const encrypt = wecom.encrypt(given.key, given.message, given.id);
        return { encrypt, signature: wecom.getSignature(given.token, given.timestamp, given.nonce, encrypt) };
        """,
        {**setting, "message": TEXT.decode()},
    )
    door.inbox.reply = Reply(text="已受理 ✅")
    query = (("msg_signature", made["signature"]), ("timestamp", setting["timestamp"]), ("nonce", "77"))
    status, body = await door.post(Knock(query, f"<xml><Encrypt>{made['encrypt']}</Encrypt></xml>".encode()))
    assert status == 200
    encrypt = body.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    read = node("return wecom.decrypt(given.key, given.encrypt);", {**setting, "encrypt": encrypt})
    assert "<Content><![CDATA[已受理 ✅]]></Content>" in read["message"]
    assert read["id"] == CORP
