"""The AI bot in URL-callback mode: JSON envelopes with an empty receiveid, answers in time or through response_url."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.chat import NotReachable, Reply, Said
from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.emulator.wecom.crypto import Envelope as VendorEnvelope
from adapters.ports import Lease
from adapters.wecom.aibot import AiBotApp, AiBotDoor, WayRound
from domain.base import Conversation
from tests.adapters.taking import taken
from tests.adapters.wecom.aibot_house import ROOM, ShelfLease, street
from tests.adapters.wecom.conftest import CORP
from tests.adapters.wecom.fakes import Inbox, closed, offer

KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
GROUP = Conversation("wecom-aibot", "group", ROOM)


@dataclass
class House:
    vendor: BotMembers
    inbox: Inbox
    door: AiBotDoor
    url: str

    def texts(self) -> list[str]:
        return [bubble.text for bubble in self.vendor.state.chats.of(ROOM)]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with street() as made:
        vendor, inbox = made.vendor, Inbox()
        vendor.by_url.encoding_aes_key = KEY
        app = AiBotApp(vendor.bot_id, "s", "小单", vendor.ws_url, CORP, vendor.by_url.token, KEY)
        lease: Lease = ShelfLease(made.shelf, "a")
        door = AiBotDoor.build(app, made.session, lease, now=made.emulator.clock.now, way_round=WayRound())
        application = web.Application()
        application.add_routes(door.serve(inbox.receive))
        async with TestServer(application) as server:
            vendor.by_url.url = str(server.make_url("/wecom/aibot/callback"))
            yield House(vendor, inbox, door, vendor.by_url.url)
            await door.stop()
        assert vendor.state.defects == []
        assert vendor.by_url.refused == []


async def test_the_address_is_verified(house: House) -> None:
    assert await house.vendor.by_url.verify()


async def test_a_message_is_answered_at_once(house: House) -> None:
    house.inbox.reply = Reply(text="好")
    act = await house.vendor.says("LiSi", "报修 打印机", ROOM)
    assert act.answered
    said = house.inbox.last
    assert isinstance(said, Said)
    assert (said.place, said.text) == (GROUP, "报修 打印机")
    assert house.texts()[-1] == "好"


async def test_the_outbox_answers_first_at_once_and_then_once_more(house: House) -> None:
    async def twice() -> None:
        await house.door.platform.post(GROUP, offer(), key="e1")

    house.inbox.hold = twice
    await house.vendor.says("LiSi", "报修 打印机", ROOM)
    assert house.vendor.state.chats.of(ROOM)[-1].kind == "card"
    with pytest.raises(NotReachable):
        await house.door.platform.say(GROUP, "还有", key="e2")


async def test_a_press_repaints_and_a_visit_is_welcomed(house: House) -> None:
    async def shown() -> None:
        await house.door.platform.post(GROUP, offer(), key="e1")

    house.inbox.hold = shown
    await house.vendor.says("LiSi", "报修 打印机", ROOM)
    house.inbox.hold = None
    house.inbox.reply = Reply(card=closed())
    assert (await house.vendor.presses("LiSi", "e1", "accept:IT-1042")).answered
    assert "已解决" in str(house.vendor.state.chats.of(ROOM)[-1].body)
    house.inbox.reply = Reply(text="您好")
    assert (await house.vendor.opens("LiSi")).answered


async def test_files_are_sealed_with_the_bots_own_key(house: House) -> None:
    house.inbox.reply = Reply(text="好")
    await house.vendor.sends("LiSi", "file", b"hello", "日志.txt")
    said = house.inbox.last
    assert isinstance(said, Said)
    assert await taken(house.door.platform, said.files[0]) == b"hello"


@pytest.mark.parametrize(
    ("token", "receive_id", "body"),
    [("wrong", "", '{"msgtype":"text"}'), ("", CORP, '{"msgtype":"text"}'), ("", "", "[]"), ("", "", "no")],
)
async def test_what_is_not_ours_is_refused(house: House, token: str, receive_id: str, body: str) -> None:
    """receiveid is the corp id for applications and empty here: mixed up, it must not become a 500 and a loop."""
    envelope = VendorEnvelope(token or house.vendor.by_url.token, KEY, receive_id)
    sealed = envelope.seal(body.encode(), str(int(house.vendor.now().timestamp())), "n")
    query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
    async with ClientSession() as session:
        async with session.post(house.url, params=query, json={"encrypt": sealed.encrypt}) as answer:
            assert (answer.status, await answer.read()) == (403, b"")
        async with session.post(house.url, params=query, data=b"{") as answer:
            assert answer.status == 403
    assert house.inbox.received == []
