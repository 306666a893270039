"""Two companies on each platform, and a 「zhangsan」 in all four: what is for one opens no other's door.

Every sender's good message is brought to every door. Only its own takes it, under a key that names the tenant and the
door, so that the same message number of two tenants is two messages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from json import dumps
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.chat import Incoming, Reply
from adapters.dingtalk import DingTalkApp
from adapters.dingtalk.decode_press import card_press
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee
from adapters.emulator.dingtalk.frames import Push
from adapters.emulator.dingtalk.messages import Text
from adapters.emulator.server import Emulator
from adapters.wecom import WeComApp, callback_routes
from domain.base import Account
from tests.adapters.dingtalk.conftest import House
from tests.adapters.wecom.knocking import Knock, knock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZHANG = "zhangsan"
NAMES = ("wecom-a", "wecom-b", "dingtalk-a", "dingtalk-b")
# The second company's administrator has copied the first one's agent id.
APPS = (
    WeComApp("wwcompanya000001", 1000002, "s", "TokenOfA", "A" * 43),
    WeComApp("wwcompanyb000001", 1000002, "s", "TokenOfB", "B" * 43, name="b"),
)


class Heard:
    """What came in, and through which door."""

    def __init__(self) -> None:
        self.by_door: dict[str, list[Incoming]] = {name: [] for name in NAMES}

    def at(self, door: str) -> Any:
        async def receive(incoming: Incoming) -> Reply:
            self.by_door[door].append(incoming)
            return Reply()

        return receive


def wecom_message(app: WeComApp) -> bytes:
    return (
        f"<xml><ToUserName>{app.corp_id}</ToUserName><FromUserName>{ZHANG}</FromUserName>"
        f"<CreateTime>1772442007</CreateTime><MsgType>text</MsgType><Content>{app.corp_id}</Content>"
        f"<MsgId>7308123456789012345</MsgId><AgentID>{app.agent_id}</AgentID></xml>"
    ).encode()


@dataclass
class Street:
    """All four doors."""

    heard: Heard
    callbacks: TestClient  # type: ignore[type-arg]
    companies: Sequence[Emulator]

    async def bring(self, sender: str, door: str) -> None:
        """The sender's message, as its platform would have written it, to any door."""
        if door.startswith("wecom"):
            await self.post(sender, door)
        else:
            push = self._push(sender)
            await self.companies[NAMES.index(door) - 2].dingtalk.stream.push(push)

    async def post(self, sender: str, door: str) -> tuple[int, str]:
        path = "/wecom/callback" if door == "wecom-a" else "/wecom/callback/b"
        if sender.startswith("wecom"):
            app = APPS[NAMES.index(sender)]
            response = await knock(app, wecom_message(app), START).at(self.callbacks, path)
        else:
            body = BytesIO(dumps(dict(self._push(sender).data)).encode())
            response = await self.callbacks.post(path, data=body)
        return response.status, await response.text()

    def _push(self, sender: str) -> Push:
        if sender.startswith("wecom"):
            app = APPS[NAMES.index(sender)]
            sealed = knock(app, wecom_message(app), START)
            return Push("CALLBACK", "/v1.0/im/bot/messages/get", {"xml": sealed.body.decode()})
        people = self.companies[NAMES.index(sender) - 2].dingtalk.people
        push = people.message(ZHANG, Text("你好"), None, ())
        return replace(push, data={**push.data, "msgId": "msg-of-both"})


@asynccontextmanager
async def company(name: str, heard: Heard) -> AsyncIterator[Emulator]:
    made = Company(f"ding{name}", employees=[Employee("张三", dingtalk=ZHANG)])
    emulator = Emulator(made, Clock(START))
    emulator.dingtalk.switches.ping_seconds = 0
    await emulator.start()
    async with ClientSession() as session:
        house = House(emulator, session, corp_id=made.corp_id)
        house.inbox.receive = heard.at(name)  # type: ignore[method-assign]
        async with house.streaming():
            yield emulator
    await emulator.stop()


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    heard = Heard()
    callbacks = web.Application()
    for number, name in enumerate(("wecom-a", "wecom-b")):
        # One program each, as two companies have it; the paths of both on one server.
        path = "/wecom/callback" if number == 0 else "/wecom/callback/b"
        first = replace(APPS[number], name="")
        routes = callback_routes(first, heard.at(name), now=lambda: START, path=path)
        callbacks.add_routes(routes[:2])
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(TestClient(TestServer(callbacks)))
        companies = [await stack.enter_async_context(company(name, heard)) for name in NAMES[2:]]
        yield Street(heard, client, companies)


async def test_only_its_own_door_takes_a_message(street: Street) -> None:
    for sender in NAMES:
        for door in NAMES:
            before = {name: len(found) for name, found in street.heard.by_door.items()}
            await street.bring(sender, door)
            taken = {n for n, found in street.heard.by_door.items() if len(found) > before[n]}
            assert taken == ({door} if sender == door else set()), f"{sender} to {door}"

    found = {door: incoming[0] for door, incoming in street.heard.by_door.items()}
    assert {one.sender.user_id for one in found.values()} == {ZHANG}
    assert [one.id for one in found.values()] == [
        "wecom:wwcompanya000001:1000002:7308123456789012345",
        "wecom:wwcompanyb000001:1000002:7308123456789012345",
        "dingtalk:dingdingtalk-a:robot:msg-of-both",
        "dingtalk:dingdingtalk-b:robot:msg-of-both",
    ]


async def test_with_the_same_keys_the_company_in_the_envelope_still_decides() -> None:
    """Whoever copies a whole console page, keys and all, has copied no company."""
    heard: list[Incoming] = []

    async def receive(incoming: Incoming) -> Reply:
        heard.append(incoming)
        return Reply()

    ours = APPS[0]
    twin = replace(APPS[1], token=ours.token, encoding_aes_key=ours.encoding_aes_key)
    sibling = replace(ours, agent_id=1000003, name="hr")
    application = web.Application()
    routes = callback_routes(ours, receive, now=lambda: START, further=[sibling])
    application.add_routes(routes)
    async with TestClient(TestServer(application)) as client:
        forged = [
            knock(twin, wecom_message(ours), START),  # their receiveid around our message
            knock(ours, wecom_message(twin), START),  # our receiveid around theirs
            knock(ours, wecom_message(sibling), START),  # another application of ours
            knock(replace(ours, token="guessed"), wecom_message(ours), START),
        ]
        answers = {await _answer(client, one, "/wecom/callback") for one in forged}
        good = knock(ours, wecom_message(ours), START)
        for path in ("/wecom/callback/hr", "/wecom/callback/nobody", "/wecom/callback/%00"):
            answers.add(await _answer(client, good, path))
        assert len(answers) == 1
        assert {status for status, *_ in answers} == {404}
        assert heard == []
        assert (await _answer(client, good, "/wecom/callback"))[0] == 200
        assert len(heard) == 1


async def _answer(client: TestClient, one: Knock, path: str) -> tuple[int, str, str]:  # type: ignore[type-arg]
    response = await one.at(client, path)
    return response.status, await response.text(), response.headers.get("Content-Type", "")


def test_a_press_from_another_company_is_no_members_press() -> None:
    """Its staff ids are other people's, even where they are spelt alike."""
    app = DingTalkApp("dinga", "s", corp_id="dingcompanya")
    press = {
        "outTrackId": "e1",
        "userId": ZHANG,
        "userIdType": "1",
        "spaceType": "IM_ROBOT",
        "content": dumps({"cardPrivateData": {"actionIds": ["accept:IT-1"], "params": {}}}),
    }
    ours = card_press({**press, "corpId": "dingcompanya"}, "m1", app)
    theirs = card_press({**press, "corpId": "dingcompanyb"}, "m1", app)
    assert ours is not None
    assert theirs is not None
    assert ours.sender == Account("dingtalk", ZHANG)
    assert theirs.sender != ours.sender
