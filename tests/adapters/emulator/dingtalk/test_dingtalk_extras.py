"""Files, DING, work notifications, to-dos and reactions."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from aiohttp import FormData

from adapters.emulator.dingtalk.messages import Picture
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json, StreamBot

DOWNLOAD = "/v1.0/robot/messageFiles/download"
NOTICE = "/topapi/message/corpconversation"
DING: Json = {"robotCode": "dingabc", "remindType": 1, "receiverUserIdList": ["lisi01"], "content": "快"}


# ── files ───────────────────────────────────────────────────────────────────────────────────────────


async def upload(caller: Caller, kind: str, name: str, content: bytes) -> Json:
    form = FormData()
    form.add_field("type", kind)
    form.add_field("media", BytesIO(content), filename=name)
    query = {"access_token": caller.token}
    async with caller.http.post(
        f"{caller.server.base_url}/media/upload", data=form, params=query
    ) as response:
        answer: Json = await response.json()
        return answer


async def test_an_uploaded_file_is_kept_byte_by_byte(server: DingTalkServer, caller: Caller) -> None:
    content = bytes(range(256)) * 10 + b"\r\n--\r"
    answer = await upload(caller, "file", "报表.PDF", content)
    assert (answer["errcode"], answer["type"]) == (0, "file")
    assert answer["media_id"].startswith("@lAL")
    assert server.files.uploaded[answer["media_id"]].content == content


@pytest.mark.parametrize(
    ("kind", "name", "size", "errcode"),
    [
        ("smoke", "a.pdf", 1, 40004),
        ("image", "a.pdf", 1, 40005),
        ("voice", "a.amr", 2 * 1024 * 1024 + 1, 40006),
    ],
)
async def test_refused_uploads(caller: Caller, kind: str, name: str, size: int, errcode: int) -> None:
    assert (await upload(caller, kind, name, b"x" * size))["errcode"] == errcode


async def test_an_upload_without_a_file(caller: Caller) -> None:
    form = FormData({"type": "file", "other": "x"})
    form.add_field("more", BytesIO(b"x"), filename="x")
    query = {"access_token": caller.token}
    async with caller.http.post(
        f"{caller.server.base_url}/media/upload", data=form, params=query
    ) as response:
        assert (await response.json())["errcode"] == 41005


async def test_download_addresses_end(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await server.sends("zhangsan", Picture(b"\xff\xd8\xff 1"))
    body = {"robotCode": "dingabc", "downloadCode": bot.payload()["content"]["pictureDownloadCode"]}
    address = (await caller.call(DOWNLOAD, body))["downloadUrl"]
    server.tenant.clock.advance(timedelta(seconds=server.switches.file_url_seconds))
    async with caller.http.get(address) as response:
        assert (response.status, response.content_type) == (403, "text/xml")
    await caller.sign_in()
    server.files.forget_codes()
    assert await caller.code(DOWNLOAD, body) == (400, "invalidParameter.robotCode.downloadCode")
    wrong = body | {"robotCode": "other"}
    assert await caller.code(DOWNLOAD, wrong) == (400, "invalidParameter.robotCode.notExsit")


# ── DING ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_ding_reaches_people_and_can_be_taken_back(server: DingTalkServer, caller: Caller) -> None:
    answer = await caller.call("/v1.0/robot/ding/send", DING | {"receiverUserIdList": ["lisi01", "ghost"]})
    assert answer["failedList"] == {"ghost": "staffId.notExisted"}
    assert (server.chats.of("lisi01")[-1].kind, server.chats.of("lisi01")[-1].text) == ("ding", "快")
    recall = {"robotCode": "dingabc", "openDingId": answer["openDingId"]}
    assert (await caller.call("/v1.0/robot/ding/recall", recall))["http"] == 200
    assert server.chats.of("lisi01")[-1].body == {"recalled": True}
    unknown = recall | {"openDingId": "no"}
    assert await caller.code("/v1.0/robot/ding/recall", unknown) == (400, "invalidParameter.param.invalid")


async def test_refused_dings(server: DingTalkServer, caller: Caller) -> None:
    many = DING | {"remindType": 3, "receiverUserIdList": ["u"] * 21}
    assert await caller.code("/v1.0/robot/ding/send", many) == (400, "invalidParameter.param.invalid")
    server.switches.ding_allowed = False
    assert await caller.code("/v1.0/robot/ding/send", DING) == (500, "send.ding.exception")


# ── reactions ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("group", [None, GROUP])
async def test_a_reaction_sits_on_the_message(
    server: DingTalkServer, caller: Caller, bot: StreamBot, group: str | None
) -> None:
    await server.says("zhangsan", "打印机坏了", group)
    said = bot.payload()
    body = {
        "robotCode": "dingabc",
        "openMsgId": said["msgId"],
        "openConversationId": said["conversationId"],
        "emotionType": 2,
        "emotionName": "已受理",
    }
    await caller.call("/v1.0/robot/emotion/reply", body)
    assert server.chats.of(group or "zhangsan")[-1].body == {"reactions": ["已受理"]}
    await caller.call("/v1.0/robot/emotion/recall", body)
    assert server.chats.of(group or "zhangsan")[-1].body == {"reactions": []}
    unknown = body | {"openMsgId": "no"}
    assert await caller.code("/v1.0/robot/emotion/reply", unknown) == (400, "invalidParameter.param.invalid")


# ── work notifications ──────────────────────────────────────────────────────────────────────────────


async def notify(caller: Caller, **changes: object) -> Json:
    msg = {"msgtype": "markdown", "markdown": {"title": "T", "text": "工单 12 超时"}}
    body = {"agent_id": 7, "userid_list": "lisi01,ghost", "msg": msg} | changes
    return await caller.call(f"{NOTICE}/asyncsend_v2", body, access_token=caller.token)


async def test_the_same_notice_reaches_a_person_once_a_day(server: DingTalkServer, caller: Caller) -> None:
    tasks = [(await notify(caller))["task_id"] for _ in range(2)]
    results = [
        (await caller.call(f"{NOTICE}/getsendresult", {"task_id": t}, access_token=caller.token))[
            "send_result"
        ]
        for t in tasks
    ]
    assert results[0]["invalid_user_id_list"] == ["ghost"]
    assert (results[0]["unread_user_id_list"], results[1]["forbidden_user_id_list"]) == (
        ["lisi01"],
        ["lisi01"],
    )
    assert [b.text for b in server.chats.of("lisi01")] == ["工单 12 超时"]
    server.tenant.clock.advance(timedelta(days=1))
    await caller.sign_in()
    await notify(caller)
    assert len(server.chats.of("lisi01")) == 2


async def test_refused_notices(caller: Caller) -> None:
    for change in (
        {"msg": {"msgtype": "smoke"}},
        {"msg": {"msgtype": "text", "text": {"content": "长" * 700}}},
        {"agent_id": None},
        {"userid_list": ""},
    ):
        assert (await notify(caller, **change))["errcode"] == 40035
    for path, body in (("getsendresult", {"task_id": 9}), ("recall", {"agent_id": 7, "msg_task_id": 9})):
        answer = await caller.call(f"{NOTICE}/{path}", body, access_token=caller.token)
        assert answer["errcode"] == 40035


async def test_a_notice_to_all_can_be_taken_back(server: DingTalkServer, caller: Caller) -> None:
    task = (await notify(caller, to_all_user=True))["task_id"]
    assert len(server.sent[-1].chats) == 3
    body = {"agent_id": 7, "msg_task_id": task}
    assert (await caller.call(f"{NOTICE}/recall", body, access_token=caller.token))["errcode"] == 0


# ── to-dos ──────────────────────────────────────────────────────────────────────────────────────────

TASKS = "/v1.0/todo/users/union-lisi01/tasks"


async def test_a_to_do_lives_and_its_source_id_makes_it_one(server: DingTalkServer, caller: Caller) -> None:
    body = {"sourceId": "tkt-12", "subject": "处理工单 12", "executorIds": ["union-lisi01"]}
    first, second = await caller.call(TASKS, body), await caller.call(TASKS, body)
    assert first["id"] == second["id"]
    task = f"{TASKS}/{first['id']}"
    await caller.call(task, {"subject": "新"}, "PUT")
    await caller.call(f"{task}/executorStatus", {"executorStatusList": [{"id": "u", "isDone": True}]}, "PUT")
    shown = await caller.call(task, method="GET")
    assert (shown["subject"], shown["done"]) == ("新", True)
    await caller.call(task, method="DELETE")
    assert await caller.code(task, method="GET") == (400, "invalidTaskId")


async def test_a_userid_is_no_union_id(caller: Caller) -> None:
    path = "/v1.0/todo/users/lisi01/tasks"
    assert await caller.code(path, {"subject": "x"}) == (400, "invalidUnionId")
