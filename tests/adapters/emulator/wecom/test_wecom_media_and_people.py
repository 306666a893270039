"""Uploads, downloads and the address book."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.members import AMR, MP4, PNG
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def upload(bot: TinyBot, kind: str, data: bytes, name: str = "a.bin", field: str = "media") -> Any:
    form = FormData(quote_fields=False)
    form.add_field("about", "not the file")
    form.add_field(field, BytesIO(data), filename=name, content_type="application/octet-stream")
    url = f"{bot.server.base_url}/cgi-bin/media/upload"
    query = {"access_token": await bot.token(), "type": kind}
    async with bot.session.post(url, params=query, data=form) as response:
        return await response.json()


@pytest.mark.parametrize(("kind", "data"), [("image", PNG), ("voice", AMR), ("video", MP4)])
async def test_what_was_uploaded_can_be_sent(
    server: WeComServer, bot: TinyBot, kind: str, data: bytes
) -> None:
    answer = await upload(bot, kind, data)

    assert (answer["errcode"], answer["type"], answer["created_at"]) == (0, kind, "1767258000")
    assert (await bot.send("LiSi", kind, {"media_id": answer["media_id"]}))["errcode"] == 0
    assert (await bot.send("LiSi", "file", {"media_id": answer["media_id"]}))["errcode"] == 40007


async def test_the_bytes_come_back_unchanged(bot: TinyBot) -> None:
    data = bytes(range(256)) + b"\r\n--\r\n\r\n" + bytes(range(256))
    media_id = (await upload(bot, "file", data, "日志 1.txt"))["media_id"]

    query = {"access_token": await bot.token(), "media_id": media_id}
    async with bot.session.get(f"{bot.server.base_url}/cgi-bin/media/get", params=query) as response:
        assert await response.read() == data
        assert "日志 1.txt" in response.headers["Content-Disposition"]


async def test_media_live_three_days(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    media_id = (await upload(bot, "image", PNG))["media_id"]
    clock.advance(timedelta(days=3))

    query = {"access_token": await bot.token(), "media_id": media_id}
    async with bot.session.get(f"{server.base_url}/cgi-bin/media/get", params=query) as response:
        assert response.content_type == "application/json"
        assert (await response.json())["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "data", "errcode"),
    [
        ("hologram", PNG, 40004),
        ("image", b"12345", 40006),
        ("image", b"GIF89a", 40004),
        pytest.param("image", PNG + b"x" * 10 * 1024 * 1024, 45001, id="big image"),
        ("voice", PNG, 301017),
        pytest.param("voice", AMR + b"x" * 2 * 1024 * 1024, 301016, id="big voice"),
    ],
)
async def test_uploads_that_are_refused(bot: TinyBot, kind: str, data: bytes, errcode: int) -> None:
    assert (await upload(bot, kind, data))["errcode"] == errcode


async def test_an_upload_without_the_field_media(bot: TinyBot) -> None:
    assert (await upload(bot, "image", PNG, field="file"))["errcode"] == 44001
    assert (await bot.call("media/upload", {}))["errcode"] == 44001


async def get(bot: TinyBot, path: str, **query: str) -> dict[str, Any]:
    return await bot.get(path, access_token=await bot.token(), **query)


async def test_a_member_is_found_in_any_case_and_without_a_mobile(bot: TinyBot) -> None:
    answer = await get(bot, "user/get", userid="lisi")

    assert (answer["userid"], answer["name"], answer["position"]) == ("LiSi", "李四", "工程师")
    assert "mobile" not in answer


async def test_members_that_cannot_be_had(server: WeComServer, bot: TinyBot) -> None:
    server.switches.hidden_users.add("WangWu")

    assert (await get(bot, "user/get", userid="Nobody"))["errcode"] == 60111
    assert (await get(bot, "user/get", userid="WangWu"))["errcode"] == 60011
    assert (await get(bot, "user/get"))["errcode"] == 60111


async def test_the_one_department(server: WeComServer, bot: TinyBot) -> None:
    server.switches.hidden_users.add("WangWu")

    departments = await get(bot, "department/simplelist")
    users = await get(bot, "user/simplelist", department_id="1")

    assert departments["department_id"] == [{"id": 1, "parentid": 0, "order": 1}]
    assert [user["userid"] for user in users["userlist"]] == ["ZhangSan", "LiSi"]
    assert (await get(bot, "user/simplelist", department_id="2"))["errcode"] == 60123


async def test_a_mobile_leads_to_a_member(bot: TinyBot) -> None:
    assert (await bot.call("user/getuserid", {"mobile": "13800000002"}))["userid"] == "LiSi"
    assert (await bot.call("user/getuserid", {"mobile": "13900000000"}))["errcode"] == 46004
    assert (await bot.call("user/getuserid", {}))["errcode"] == 40058
