"""One conversation on two platforms: what is meant for the other side crosses once, with its author; notes never do.

Random people reply, note, send pictures and move the ticket on. Then everything that the requester can get hold of is
searched: both phones, the groups, the page, every file on it, and what the bot has sent them. The war room is one of
the groups when the requester is in it; else the notes are told there, to those who may read them.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.emulator.chats import Bubble
from adapters.emulator.dingtalk.messages import Picture, RichText
from tests.domain.test_judging import png
from tests.stories.stage import GROUP, Platform, Player, Stage, shown, staged

SECRET, OPEN = "密语", "明话"
ACTS = 32
# Who asks where, the desk on the other platform, which database, whether they are in the war room; two mixes hold
# all of them.
MIXES = {
    "wecom-sqlite": ("wecom", "sqlite", True, 1),
    "dingtalk-postgres": ("dingtalk", "postgres", False, 2),
}


@dataclass
class Talk:
    """Random acts, and what must or must not be found afterwards."""

    stage: Stage
    zhang: Player
    desk: list[Player]
    rng: random.Random
    said: list[tuple[str, str]] = field(default_factory=list)  # author, words
    pictures: dict[bytes, bool] = field(default_factory=dict)  # and whether they came with a note

    async def act(self, number: int) -> None:
        who = self.rng.choice(self.desk)
        words = f"{number}号"
        match self.rng.choice(
            ["reply", "note", "note", "picture", "secret picture", "question", "move", "look"]
        ):
            case "reply":
                await who.says(f"回复 1001 {OPEN}{words}")
            case "note":
                await who.says(f"备注 1001 {SECRET}{words}")
            case "picture":
                await self._shows(who, f"回复 1001 {OPEN}{words}", secret=False)
            case "secret picture":
                await self._shows(who, f"备注 1001 {SECRET}{words}", secret=True)
            case "question":
                await self.zhang.says(
                    self.rng.choice([f"回复 1001 {OPEN}{words}", "催办 1001", f"答复 1001 {OPEN}{words}"])
                )
            case "move":
                await who.says(self.rng.choice(MOVES).format(words=words))
            case "look":
                await self.zhang.says(self.rng.choice(LOOKS))
        await self.stage.later(seconds=self.rng.choice([1, 30, 600]))

    async def _shows(self, who: Player, words: str, *, secret: bool) -> None:
        """On WeCom words and a picture come together through the AI bot only."""
        data = png(200 + len(self.pictures), 7)
        self.pictures[data] = secret
        if who.on == "dingtalk":
            await self.stage.emulator.dingtalk.sends(who.id, RichText([words, Picture(data)]))
        else:
            await self.stage.emulator.wecom.aibot.mixes(who.id, [words, data])
        await self.stage.settle()


MOVES = [
    "接单 1001", "要信息 1001 什么型号？", "解决 1001 换了硒鼓", "重开 1001 还不行", "转派 1001 王强 换人",
    "接受 1001", "释放 1001 有事", "优先级 1001 P2", "关注 1001", "拒单 1001 不会",
]  # fmt: skip
LOOKS = ["查 1001", "附件 1001", "更多 1001", "我的", f"搜 {SECRET}", "为什么 1001"]


@pytest.fixture(params=list(MIXES.values()), ids=list(MIXES))
async def talk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Talk]:
    on, kind, in_room, seed = request.param
    server = request.getfixturevalue("postgres_server") if kind == "postgres" else None
    url = await server.create() if server is not None else f"sqlite:///{tmp_path / 'paidan.db'}"
    other: Platform = "dingtalk" if on == "wecom" else "wecom"
    rooms = {"war_room": "P2", "war_room_requester": in_room}
    async with staged(url, tmp_path, it_desk=rooms) as stage:
        desk = [stage.player(name, other) for name in ("李四", "王强", "陈静", "赵敏")]
        yield Talk(stage, stage.player("张三", on), desk, random.Random(seed))
    if server is not None:
        await server.drop(url)


async def test_notes_never_leave_the_desk_and_replies_cross_once(talk: Talk) -> None:
    await talk.zhang.says("报修 3楼打印机卡纸")
    await talk.desk[0].says("接单 1001")
    await talk.desk[0].says("优先级 1001 P1")
    for number in range(ACTS):
        await talk.act(number)
    for words in LOOKS:
        await talk.zhang.says(words)
    await talk.stage.later(minutes=1)
    rows = await talk.stage.app.queries.timeline(
        (await talk.stage.app.queries.view("IT-1001")).id, include_internal=True
    )
    assert sum(SECRET in str(row.payload) for row in rows) >= 5
    assert sum(talk.pictures.values()) >= 2
    assert not all(talk.pictures.values())

    await _nothing_leaks(talk)
    (room,) = talk.stage.emulator.wecom.app_chats.values()
    in_room = "\n".join(shown(bubble) for bubble in talk.stage.emulator.wecom.chats.of(room.id))
    assert OPEN in in_room
    assert (SECRET in in_room) is ("ZhangSan" not in room.members)
    # to the other side once each, and always with its author
    screens = [shown(bubble) for bubble in _chats_of(talk)]
    comments = [row for row in rows if row.kind == "commented" and not row.payload["internal"]]
    ours = [row for row in comments if row.actor_name != "张三"]
    assert ours
    for row in ours:
        line = f"{row.actor_name} 在 IT-1001 留言：{row.payload['text']}"
        assert sum(line in screen for screen in screens) == 1


async def _nothing_leaks(talk: Talk) -> None:
    hidden = [data for data, secret in talk.pictures.items() if secret]
    own_words = f"搜 {SECRET}"
    for bubble in [*_chats_of(talk), *_groups_of(talk)]:
        text = shown(bubble)
        assert SECRET not in text.replace(own_words, "").replace(f"搜「{SECRET}」", ""), text
        assert "内部" not in text, text
        assert _picture_in(talk, bubble) not in hidden
    page = talk.stage.app.links.to("IT-1001")
    async with talk.stage.app.session.get(page) as response:
        html = await response.text()
    assert SECRET not in html
    assert OPEN in html
    for path in set(re.findall(r'src="(/t/[^"]+)"', html)):
        async with talk.stage.app.session.get(
            f"{talk.stage.app.settings.server.public_url}{path}"
        ) as response:
            assert response.status == 200
            assert await response.read() not in hidden


def _chats_of(talk: Talk) -> list[Bubble]:
    """Both phones of the requester, whichever they hold."""
    server = talk.stage.emulator
    found = [*server.wecom.chats.of("ZhangSan"), *server.wecom.chats.of("aibot:ZhangSan")]
    return [*found, *server.dingtalk.chats.of("zhangsan01")]


def _groups_of(talk: Talk) -> list[Bubble]:
    dingtalk, wecom = talk.stage.emulator.dingtalk, talk.stage.emulator.wecom
    rooms = [chat.id for chat in wecom.app_chats.values() if "ZhangSan" in chat.members]
    read = [bubble for room in rooms for bubble in wecom.chats.of(room)]
    return [*dingtalk.chats.of(GROUP), *wecom.chats.of("it-alerts"), *read]


def _picture_in(talk: Talk, bubble: Bubble) -> bytes:
    """What somebody who taps it gets to see."""
    wecom, dingtalk = talk.stage.emulator.wecom, talk.stage.emulator.dingtalk
    if media_id := bubble.body.get("media_id"):
        return wecom.media.get(media_id).data
    found = re.search(r"@lAL[0-9a-f]+", shown(bubble))
    return dingtalk.files.uploaded[found.group(0)].content if found else b""
