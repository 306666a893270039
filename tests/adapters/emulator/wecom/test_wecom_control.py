"""The emulator's own doors, as the playground and other people's tests use them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import accept_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def ask(bot: TinyBot, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    url = f"{bot.server.base_url}/_emu/wecom/{path}"
    async with bot.session.request(method, url, json=body) as response:
        return response.status, await response.json()


async def post(bot: TinyBot, path: str, body: Any = None) -> Any:
    return await well(bot, "POST", path, body)


async def well(bot: TinyBot, method: str, path: str, body: Any = None) -> Any:
    status, answer = await ask(bot, method, path, body)
    assert status == 200, answer
    return answer


async def test_a_conversation_by_hand(server: WeComServer, bot: TinyBot) -> None:
    bot.replies("text", {"Content": "好"})

    delivery = await post(bot, "says", {"userid": "LiSi", "text": "你好"})
    _, bubbles = await ask(bot, "GET", "chats/LiSi")

    assert (delivery["attempts"], delivery["status"]) == (1, 200)
    assert delivery["reply"] == {"kind": "text", "body": {"content": "好"}}
    assert bubbles[0]["at"] == "2026-01-01T09:00:00+00:00"
    assert [(bubble["sender"], bubble["text"]) for bubble in bubbles] == [("LiSi", "你好"), ("robot", "好")]
    assert (await ask(bot, "GET", "chats"))[1] == ["ZhangSan", "LiSi", "WangWu", "ops"]


async def test_presses_by_hand(server: WeComServer, bot: TinyBot) -> None:
    await bot.send_card("LiSi", accept_card())
    press = {"userid": "LiSi", "card": "tk42-r1", "key": "v1:42:accept"}

    await post(bot, "presses", press | {"selections": {"prio": ["p1"]}})
    await post(bot, "presses", press | {"key": "gone", "stale": True})

    assert [received.fields["EventKey"] for received in bot.received] == ["v1:42:accept", "gone"]
    assert (await ask(bot, "POST", "presses", press | {"key": "gone"}))[0] == 409


@pytest.mark.parametrize(
    "act",
    [
        {"kind": "image"},
        {"kind": "voice"},
        {"kind": "video"},
        {"kind": "file", "name": "a.txt", "base64": b64encode(b"lines").decode()},
        {"kind": "location", "lat": 31.2, "lon": 121.4, "label": "3 号楼"},
        {"kind": "link", "title": "手册", "url": "https://x.example"},
    ],
)
async def test_everything_that_can_be_sent(bot: TinyBot, act: dict[str, Any]) -> None:
    await post(bot, "sends", {"userid": "LiSi", **act})

    assert bot.received[0].fields["MsgType"] == act["kind"]


async def test_opening_menu_events_and_verifying(bot: TinyBot) -> None:
    await post(bot, "opens", {"userid": "LiSi"})
    await post(bot, "menu", {"userid": "LiSi", "key": "help"})
    await post(bot, "events", {"Event": "change_contact", "ChangeType": "delete_user", "UserID": "LiSi"})

    events = [received.fields["Event"] for received in bot.received]
    assert events == ["enter_agent", "click", "change_contact"]
    assert (await post(bot, "verify"))["ok"] is True


async def test_the_last_delivery_once_more(bot: TinyBot) -> None:
    assert (await ask(bot, "POST", "redeliver"))[0] == 404
    await post(bot, "says", {"userid": "LiSi", "text": "x"})
    await post(bot, "redeliver")

    first, second = bot.received
    assert first.plain == second.plain
    assert first.query != second.query


async def test_the_app_is_shown_and_connected(server: WeComServer, bot: TinyBot) -> None:
    where = server.callback_url
    answer = await well(
        bot, "PATCH", "app", {"callback_url": "http://127.0.0.1:1/x", "webhooks": {"k": "other"}}
    )

    assert (answer["secret"], answer["callback_url"]) == (server.secret, "http://127.0.0.1:1/x")
    assert server.webhooks["k"] == "other"
    assert (await ask(bot, "PATCH", "app", {"callback_url": "https://example.com"}))[0] == 400
    await well(bot, "PATCH", "app", {"callback_url": where})
    assert (await ask(bot, "GET", "app"))[1]["callback_url"] == where


async def test_switches_are_shown_and_set(server: WeComServer, bot: TinyBot) -> None:
    change = {
        "deliveries": 3,
        "retry_spacing": 1,
        "expired_token": 40014,
        "hidden_users": ["LiSi"],
        "limits": {"member_per_minute": 5},
    }
    answer = await well(bot, "PATCH", "switches", change)

    assert answer["limits"]["member_per_minute"] == server.switches.limits.member_per_minute == 5
    assert answer["limits"]["webhook_per_minute"] == 20
    assert server.switches.hidden_users == {"LiSi"}
    assert server.switches.expired_token.value == answer["expired_token"] == 40014
    assert (await ask(bot, "GET", "switches"))[1] == answer


@pytest.mark.parametrize(
    "change",
    [{"colour": 1}, {"deliveries": "4"}, {"deliveries": True}, {"limits": {"x": 1}}, {"expired_token": 1}],
)
async def test_switches_that_are_none(bot: TinyBot, change: dict[str, Any]) -> None:
    assert (await ask(bot, "PATCH", "switches", change))[0] == 400


async def test_faults_come_and_go(server: WeComServer, bot: TinyBot) -> None:
    await post(bot, "faults", {"path": "getcallbackip", "kind": "errcode", "errcode": -1, "times": 2})
    await post(bot, "faults", {"path": "gettoken", "delay": 0.001})
    token = await bot.token()

    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == -1
    assert (await ask(bot, "DELETE", "faults"))[0] == 200
    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == 0
    assert (await ask(bot, "POST", "faults", {"path": "x", "kind": "meteor"}))[0] == 400


async def test_tokens_codes_and_media_expire_on_demand(server: WeComServer, bot: TinyBot) -> None:
    token = await bot.token()
    medium = server.media.add("image", "a.png", b"x")
    code = (await bot.send_card("LiSi", accept_card()))["response_code"]

    for what in ("token", "codes", "media"):
        await post(bot, "expire", {"what": what})

    assert (await bot.get("getcallbackip", access_token=token))["errcode"] == 42001
    assert (await bot.update(code, atall=1, button={"replace_name": "x"}))["errcode"] == 40058
    assert (await bot.send("LiSi", "image", {"media_id": medium.id}))["errcode"] == 40007
    assert (await ask(bot, "POST", "expire", {"what": "milk"}))[0] == 400


async def test_what_was_sent_refused_and_wrong_can_be_read(bot: TinyBot) -> None:
    await bot.send("LiSi", "text", {"content": "x", "colour": 1})
    await bot.send("Nobody", "text", {"content": "x"})

    assert (await ask(bot, "GET", "sent"))[1][0]["chats"] == ["LiSi"]
    assert (await ask(bot, "GET", "refused"))[1][0]["errcode"] == 81013
    assert (await ask(bot, "GET", "defects"))[1] == ["text.colour is not in the documents"]


async def test_questions_that_make_no_sense(bot: TinyBot) -> None:
    assert (await ask(bot, "POST", "says", {"userid": "Nobody", "text": "x"}))[0] == 404
    assert (await ask(bot, "POST", "says", {"userid": "LiSi"}))[0] == 400
    assert (await ask(bot, "POST", "sends", {"userid": "LiSi", "kind": "hologram"}))[0] == 400
