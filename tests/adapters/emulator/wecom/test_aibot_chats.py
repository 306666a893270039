"""What members say to an AI bot, what it may answer and push, and the numbers of every refusal."""

from __future__ import annotations

from asyncio import TaskGroup
from base64 import b64encode
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.aibot.members import BotMembers, NotInGroup
from adapters.emulator.wecom.presses import NotOnScreen
from tests.adapters.emulator.wecom.aibot_client import Client, as_card, card, subscribed

OPS = "ops"


async def _asked(bot: BotMembers, client: Client, text: str = "在吗", group: str = "") -> dict[str, Any]:
    await bot.says("LiSi", text, group, wait=0)
    return await client.callback()


def _req_id(frame: dict[str, Any]) -> str:
    return str(frame["headers"]["req_id"])


# ── what is delivered ──


async def test_in_a_group_the_name_of_the_bot_stays_in_front(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        body = (await _asked(aibot, client, "VPN 连不上", OPS))["body"]
    assert (body["chattype"], body["chatid"], body["from"]) == ("group", OPS, {"userid": "LiSi"})
    assert body["text"]["content"] == "@小单 VPN 连不上"


async def test_who_does_not_mention_the_bot_is_not_heard(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        await aibot.says_aside("LiSi", "大家好", OPS)
        assert client.callbacks.empty()
    with pytest.raises(NotInGroup):
        await aibot.says("ZhangSan", "我不在群里", OPS)


async def test_ids_may_be_opaque(aibot: BotMembers) -> None:
    aibot.switches.opaque_ids = True
    async with subscribed(aibot) as client:
        sender = (await _asked(aibot, client))["body"]["from"]["userid"]
        assert sender.startswith("wo")
        assert await client.push(sender) == 0
        assert await client.push("LiSi") == 93006


async def test_a_file_is_encrypted_and_gone_after_five_minutes(aibot: BotMembers, clock: Clock) -> None:
    async with subscribed(aibot) as client, ClientSession() as http:
        await aibot.sends("LiSi", "file", b"hello", "日志.txt", wait=0)
        file = (await client.callback())["body"]["file"]
        async with http.get(file["url"]) as answer:
            assert answer.status == 200
            assert b"hello" not in await answer.read()
        clock.advance(timedelta(minutes=5))
        async with http.get(file["url"]) as answer:
            assert answer.status == 403


async def test_the_fourth_message_waits_until_one_is_answered(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        first, *_ = [await _asked(aibot, client, f"第 {n} 条") for n in range(3)]
        await aibot.says("LiSi", "第 3 条", wait=0)
        assert client.callbacks.empty()
        assert await client.stream(_req_id(first), "好", finish=True) == 0
        assert (await client.callback())["body"]["text"]["content"] == "第 3 条"


# ── answers ──


async def test_a_stream_is_replaced_and_then_finished(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        assert await client.stream(req_id, "正在…", finish=False) == 0
        assert await client.stream(req_id, "好了", finish=True) == 0
        assert await client.stream(req_id, "又", finish=True) == 846608
    assert [b.text for b in aibot.state.chats.of("aibot:LiSi")] == ["在吗", "好了"]


@pytest.mark.parametrize("minutes", [6, 10])
@pytest.mark.parametrize("prolong", [False, True])
async def test_a_stream_grows_old(aibot: BotMembers, clock: Clock, minutes: int, prolong: bool) -> None:
    aibot.switches.stream_window = timedelta(minutes=minutes)
    aibot.switches.later_frames_prolong = prolong
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        await client.stream(req_id, "1", finish=False)
        clock.advance(timedelta(minutes=minutes - 1))
        assert await client.stream(req_id, "2", finish=False) == 0
        clock.advance(timedelta(minutes=2))
        assert await client.stream(req_id, "3", finish=True) == (0 if prolong else 846608)


async def test_a_late_frame_may_be_acknowledged_and_never_shown(aibot: BotMembers, clock: Clock) -> None:
    aibot.switches.late_stream_is_swallowed = True
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        await client.stream(req_id, "1", finish=False)
        clock.advance(timedelta(minutes=7))
        assert await client.stream(req_id, "2", finish=True) == 0
    assert aibot.state.chats.of("aibot:LiSi")[-1].text == "1"


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_stream_may_bring_a_card(aibot: BotMembers, allowed: bool) -> None:
    aibot.switches.stream_with_card = allowed
    stream = {"id": "s", "finish": True, "content": "看卡片"}
    body = {"msgtype": "stream_with_template_card", "stream": stream, "template_card": card("t-1")}
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        assert await client.code("aibot_respond_msg", body, req_id) == (0 if allowed else 40008)


async def test_plain_text_is_refused_and_old_req_ids_are_dead(aibot: BotMembers, clock: Clock) -> None:
    text = {"msgtype": "text", "text": {"content": "好"}}
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        assert await client.code("aibot_respond_msg", text, req_id) == 40008
        assert await client.stream("never-given", "好", finish=True) == 846605
        clock.advance(timedelta(hours=25))
        assert await client.stream(req_id, "好", finish=True) == 846605


async def test_a_welcome_is_one_text_or_card_within_five_seconds(aibot: BotMembers, clock: Clock) -> None:
    text = {"msgtype": "text", "text": {"content": "您好"}}
    async with subscribed(aibot) as client:
        await aibot.opens("LiSi", wait=0)
        frame = await client.callback()
        assert "chattype" not in frame["body"]
        assert await client.stream(_req_id(frame), "好", finish=True) == 846605
        assert await client.code("aibot_respond_welcome_msg", text, _req_id(frame)) == 0
        assert await client.code("aibot_respond_welcome_msg", text, _req_id(frame)) == 846605
        await aibot.opens("LiSi", wait=0)
        late = _req_id(await client.callback())
        clock.advance(timedelta(seconds=6))
        assert await client.code("aibot_respond_welcome_msg", text, late) == 846605


# ── cards ──


async def _shown_card(bot: BotMembers, client: Client) -> None:
    req_id = _req_id(await _asked(bot, client, "卡片", OPS))
    assert await client.code("aibot_respond_msg", as_card("t-1"), req_id) == 0


def _update(task_id: str, **more: Any) -> dict[str, Any]:
    return {"response_type": "update_template_card", "template_card": card(task_id, "变了", "look"), **more}


async def test_a_press_repaints_the_card_for_everybody_once_within_five_seconds(
    aibot: BotMembers, clock: Clock
) -> None:
    async with subscribed(aibot) as client:
        await _shown_card(aibot, client)
        await aibot.presses("LiSi", "t-1", "accept", wait=0)
        frame = await client.callback()
        detail = frame["body"]["event"]["template_card_event"]
        assert (detail["event_key"], detail["task_id"]) == ("accept", "t-1")
        assert await client.stream(_req_id(frame), "好", finish=True) == 846605
        assert await client.code("aibot_respond_update_msg", _update("t-2"), _req_id(frame)) == 40058
        assert await client.code("aibot_respond_update_msg", _update("t-1"), _req_id(frame)) == 0
        assert await client.code("aibot_respond_update_msg", _update("t-1"), _req_id(frame)) == 846605
        with pytest.raises(NotOnScreen):
            await aibot.presses("WangWu", "t-1", "accept", wait=0)
        await aibot.presses("WangWu", "t-1", "look", wait=0)
        late = _req_id(await client.callback())
        clock.advance(timedelta(seconds=6))
        assert await client.code("aibot_respond_update_msg", _update("t-1"), late) == 846605


async def test_named_members_alone_see_the_change(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        await _shown_card(aibot, client)
        await aibot.presses("LiSi", "t-1", "accept", wait=0)
        req_id = _req_id(await client.callback())
        assert await client.code("aibot_respond_update_msg", _update("t-1", userids=["LiSi"]), req_id) == 0
    bubble = aibot.book.cards["t-1"].bubble
    seen = {who: aibot.view(bubble, who) for who in ("LiSi", "WangWu")}
    assert [view and view["main_title"]["title"] for view in seen.values()] == ["变了", "T-1 打印机"]


# ── pushes ──


async def test_a_push_needs_a_chat_in_which_somebody_spoke(aibot: BotMembers, clock: Clock) -> None:
    async with subscribed(aibot) as client:
        assert await client.push("LiSi") == 93006
        await _asked(aibot, client)
        assert await client.push("LiSi") == 0
        assert [await client.push(wrong) for wrong in ("lisi", "user:LiSi", "nobody")] == [93006] * 3
        assert await client.push("LiSi", chat_type=2) == 93006
        assert await client.push("LiSi", msgtype="text", content="好") == 40008
        aibot.switches.push_window = timedelta(hours=8)
        clock.advance(timedelta(hours=9))
        assert await client.push("LiSi") == 93006


@pytest.mark.parametrize(("pushes", "cards"), [(True, True), (True, False), (False, True)])
async def test_groups_may_be_closed_to_pushes_or_to_cards(
    aibot: BotMembers, pushes: bool, cards: bool
) -> None:
    aibot.switches.group_push, aibot.switches.group_cards = pushes, cards
    async with subscribed(aibot) as client:
        await _asked(aibot, client, group=OPS)
        assert await client.push(OPS, chat_type=2) == (0 if pushes else 93006)
        expected = 93006 if not pushes else 0 if cards else 40058
        assert await client.push(OPS, **as_card("t-1")) == expected


async def test_a_task_id_is_used_once(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        await _asked(aibot, client)
        assert [await client.push("LiSi", **as_card("t-1")) for _ in range(2)] == [0, 42014]


@pytest.mark.parametrize("frames_count", [False, True])
async def test_replies_and_pushes_share_thirty_a_minute(aibot: BotMembers, frames_count: bool) -> None:
    aibot.switches.stream_frames_count = frames_count
    async with subscribed(aibot) as client:
        req_id = _req_id(await _asked(aibot, client))
        codes = [await client.stream(req_id, str(n), finish=False) for n in range(5)]
        codes += [await client.push("LiSi") for _ in range(30)]
    assert codes.count(45009) == (5 if frames_count else 1)


# ── uploads ──


@pytest.mark.parametrize("base", [0, 1])
async def test_a_file_goes_up_in_chunks_of_any_order(aibot: BotMembers, base: int) -> None:
    aibot.switches.chunk_base = base
    data = bytes(range(256)) * 3000
    parts = [data[:524288], data[524288:]]
    digest = md5(data, usedforsecurity=False).hexdigest()
    init = {"type": "file", "filename": "日志.txt", "total_size": len(data), "total_chunks": 2, "md5": digest}
    async with subscribed(aibot) as client:
        await _asked(aibot, client)
        upload = (await client.ask("aibot_upload_media_init", init))["body"]["upload_id"]
        chunk = {"upload_id": upload, "chunk_index": 7, "base64_data": "aGFsbG8="}
        assert await client.code("aibot_upload_media_chunk", chunk) == 40058
        assert await client.code("aibot_upload_media_finish", {"upload_id": upload}) == 40058
        for index in (1, 0):
            encoded = b64encode(parts[index]).decode()
            chunk = {"upload_id": upload, "chunk_index": index + base, "base64_data": encoded}
            assert await client.code("aibot_upload_media_chunk", chunk) == 0
        done = (await client.ask("aibot_upload_media_finish", {"upload_id": upload}))["body"]
        assert isinstance(done["created_at"], str)
        assert await client.push("LiSi", msgtype="file", file={"media_id": done["media_id"]}) == 0
    assert aibot.state.chats.of("aibot:LiSi")[-1].kind == "file"


async def test_it_is_driven_from_outside(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client, ClientSession(f"{aibot.state.base_url}") as http:
        async with http.get("/_emu/wecom/aibot") as answer:
            assert (await answer.json())["connected"] is True
        saying = http.post("/_emu/wecom/aibot/says", json={"userid": "LiSi", "text": "在吗", "group": OPS})
        async with TaskGroup() as tasks:
            said = tasks.create_task(_json(saying))
            assert await client.stream(_req_id(await client.callback()), "在", finish=True) == 0
        assert said.result() == {"answered": True}
        assert await _json(http.post("/_emu/wecom/aibot/says", json={"text": "?"})) == {
            "error": "'userid' is missing"
        }
        assert await _json(http.post("/_emu/wecom/aibot/close")) == {}
        await client.closed.wait()


async def _json(asking: Any) -> Any:
    async with asking as answer:
        return await answer.json()
