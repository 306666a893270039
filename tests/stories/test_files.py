"""Pictures and files through the whole program: fetched, judged, kept, shown, brought to the other phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.emulator.dingtalk.messages import Picture, RichText
from adapters.emulator.spoiling import Spoil
from domain.files.file import Check, TicketFile, Trouble
from domain.files.file import Stage as Lies
from tests.domain.test_judging import png
from tests.stories.clamd import SICK, FakeClamd
from tests.stories.stage import Platform, Player, Stage, staged

PNG = png(40, 30)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made
        made.assert_clean()


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Stage]:
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    async with staged(url, tmp_path, storage={"file_mb": 1}) as made:
        yield made


async def files_of(stage: Stage, number: str = "IT-1001") -> tuple[TicketFile, ...]:
    return (await stage.app.queries.view(number)).files


async def shows(player: Player, data: bytes = PNG) -> None:
    """A picture in the direct chat, without a word."""
    if player.on == "wecom":
        await player.stage.emulator.wecom.sends_image(player.id, data)
    else:
        await player.stage.emulator.dingtalk.sends(player.id, Picture(data, "卡纸.png"))
    await player.stage.settle()


def kinds(player: Player) -> list[str]:
    return [bubble.kind for bubble in player.stage.chat(player.on, player.id)]


async def page_of(stage: Stage, path: str) -> tuple[int, dict[str, str], bytes]:
    async with stage.app.session.get(f"{stage.app.settings.server.public_url}{path}") as response:
        return response.status, dict(response.headers), await response.read()


@pytest.mark.parametrize(
    ("database_url", "on"), [("sqlite", "wecom"), ("postgres", "dingtalk")], indirect=["database_url"]
)
async def test_a_picture_crosses_to_the_other_platform_and_lies_on_the_page(
    stage: Stage, on: Platform, tmp_path: Path
) -> None:
    other: Platform = "dingtalk" if on == "wecom" else "wecom"
    zhang, li = stage.player("张三", on), stage.player("李四", other)
    await zhang.says("报修 3楼打印机卡纸")
    await shows(zhang)
    await shows(zhang)
    await stage.later(seconds=5)
    assert [(f.nth, f.stage, f.type, f.key) for f in await files_of(stage)] == [
        (1, Lies.KEPT, "image/png", ""),
        (2, Lies.KEPT, "image/png", ""),
    ]
    # one message for the row of two, and the bytes once
    acks = [b for b in stage.chat(on, zhang.id) if "已补充到 IT-1001" in b.text]
    assert len(acks) == 1
    (kept,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert (kept.name, kept.stat().st_mode & 0o777) == ((await files_of(stage))[0].sha256, 0o600)

    await li.says("接单 1001")
    li.sees("附件 2 个")
    await shows(zhang, png(41, 30))
    await stage.later(seconds=5)
    li.sees("张三 给 IT-1001 补充了 1 个附件")
    before = len(kinds(li))
    await li.says("附件 1001")
    li.sees("1. ", "张三", "KB")
    sent = kinds(li)[before:]
    assert sum(kind in {"image", "markdown"} for kind in sent) == 3

    # the page: pictures inline and locked up, nothing without its own key
    link = re.search(rb'src="(/t/IT-1001/files/1\?key=[^"]+)"', (await page_of(stage, _page(stage)))[2])
    assert link is not None
    path = link.group(1).decode()
    status, headers, body = await page_of(stage, path)
    assert (status, body, headers["Content-Type"]) == (200, PNG, "image/png")
    assert headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await page_of(stage, path.replace("files/1", "files/2")))[0] == 404
    assert (await page_of(stage, path.replace("/files/1?", "?")))[0] == 404
    await stage.later(days=3)
    assert (await page_of(stage, path))[0] == 404


def _page(stage: Stage) -> str:
    page = stage.app.links.to("IT-1001")
    return page.removeprefix(stage.app.settings.server.public_url)


async def test_what_a_browser_might_run_or_a_platform_refuses_is_only_downloaded(small: Stage) -> None:
    zhang, li = small.player("张三", "wecom"), small.player("李四", "dingtalk")
    await zhang.says("报修 3楼打印机卡纸")
    await small.emulator.wecom.sends_file(zhang.id, "日志 1.log", "E03 卡纸\n".encode())
    await small.settle()
    await li.says("附件 1001")
    said = li.sees("不能直接发到这里", "/t/IT-1001/files/1?key=")
    found = re.search(r"/t/IT-1001/files/1\?key=\S+", said.text)
    assert found is not None
    status, headers, _ = await page_of(small, found.group(0))
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%97%A5%E5%BF%97%201.log"


# ── failures, each told to whoever sent it ──


@pytest.mark.parametrize("on", ["wecom", "dingtalk"])
async def test_every_failure_is_told_openly(small: Stage, on: Platform) -> None:
    zhang = small.player("张三", on)
    server = small.emulator.wecom if on == "wecom" else small.emulator.dingtalk
    await zhang.says("报修 3楼打印机卡纸")

    async def fails(nth: int, trouble: Trouble, words: str, data: bytes = PNG) -> None:
        await shows(zhang, data)
        assert (await files_of(small))[nth - 1].trouble is trouble
        zhang.sees(f"IT-1001 的图 {nth} 未取到", words)

    server.faults.files.plan(Spoil.EMPTY)
    await fails(1, Trouble.EMPTY, "请重发")
    server.faults.files.plan(Spoil.ERROR_PAGE)
    await fails(2, Trouble.NOT_IT, "请重发")
    await fails(3, Trouble.TOO_BIG, "请压缩后重发", PNG[:-12] + bytes(1024 * 1024) + PNG[-12:])
    await fails(4, Trouble.BROKEN, "请重发", PNG[:-8])
    server.faults.files.plan(Spoil.RESET, 40)
    await shows(zhang)
    for _ in range(12):
        await small.later(minutes=16)
    assert (await files_of(small))[4].trouble is Trouble.UNREACHABLE
    zhang.sees("IT-1001 的图 5 未取到", "请重发")
    server.faults.files.clear()
    # half a file, or a connection that dies, only costs a moment
    await zhang.says("报修 打印机又卡了")
    server.faults.files.plan(Spoil.TRUNCATED)
    await shows(zhang)
    await small.later(seconds=5)
    assert [file.stage for file in await files_of(small, "IT-1002")] == [Lies.KEPT]
    # and the page says it as openly
    page = (await page_of(small, _page(small)))[2].decode()
    assert page.count("未取到") >= 5


async def test_a_code_that_has_run_out_and_what_nobody_keeps(small: Stage) -> None:
    zhang = small.player("张三", "wecom")
    await zhang.says("报修 3楼打印机卡纸")
    small.emulator.wecom.faults.fail("media/get", 40007)
    await shows(zhang)
    zhang.sees("IT-1001 的图 1 未取到（已过期），请重发")
    await small.emulator.wecom.sends_file(zhang.id, "修复工具.exe", b"MZ\x90\x00 program")
    await small.settle()
    zhang.sees("附件 2「修复工具.exe」 未取到（这种文件不收）")


async def test_a_sealed_file_of_the_ai_bot_is_fetched_within_its_five_minutes(small: Stage) -> None:
    li = small.player("李四", "wecom")
    await small.emulator.wecom.aibot.mixes(li.id, ["报修 打印机卡纸", PNG], "wrITTeam01")
    await small.settle()
    assert [(f.stage, f.size) for f in await files_of(small)] == [(Lies.KEPT, len(PNG))]


# ── flow C ──


async def test_a_picture_comes_first_and_its_words_later(small: Stage) -> None:
    zhang = small.player("张三", "dingtalk")
    await shows(zhang)
    await shows(zhang, png(9, 9))
    zhang.sees("收到 2 张图", "请补一句描述")
    await small.later(minutes=3)
    await zhang.says("3楼打印机卡纸")
    zhang.sees("3楼打印机卡纸", "附件 2 个")
    await zhang.presses("提交")
    view = await small.app.queries.view("IT-1001")
    assert (view.title, view.text, len(view.files)) == ("3楼打印机卡纸", "3楼打印机卡纸", 2)


async def test_a_picture_while_a_ticket_goes_on_is_asked_about(small: Stage) -> None:
    zhang = small.player("张三", "wecom")
    await zhang.says("报修 3楼打印机卡纸")
    await small.later(hours=1)
    await shows(zhang)
    zhang.sees("收到 1 张图", "是给 IT-1001 补充，还是新问题？")
    await zhang.presses("给 IT-1001")
    assert [file.stage for file in await files_of(small)] == [Lies.KEPT]
    assert (await small.app.queries.view("D-2")).state.value == "cancelled"


async def test_a_picture_may_be_the_answer(small: Stage) -> None:
    zhang, li = small.player("张三", "dingtalk"), small.player("李四", "dingtalk")
    await zhang.says("报修 3楼打印机卡纸")
    await li.says("接单 1001")
    await li.says("要信息 1001 请拍一张面板的照片")
    await small.later(hours=1)
    await shows(zhang)
    view = await small.app.queries.view("IT-1001")
    assert (view.state.value, len(view.files)) == ("in_progress", 1)


async def test_a_job_in_hand_gets_the_photo_and_a_note_keeps_its_own(small: Stage) -> None:
    zhang, li = small.player("张三", "wecom"), small.player("李四", "dingtalk")
    await zhang.says("报修 3楼打印机卡纸")
    await li.says("接单 1001")
    await small.later(hours=1)
    await shows(li)
    await small.emulator.dingtalk.sends(li.id, RichText(["备注 1001 机器该报废了", Picture(png(7, 7))]))
    await small.settle()
    await small.later(seconds=5)
    assert [file.internal for file in await files_of(small)] == [False, True]
    zhang.sees("李四 给 IT-1001 补充了 1 个附件")
    await zhang.says("附件 1001")
    assert kinds(zhang).count("image") == 1
    await li.says("附件 1001")
    li.sees("2. ", "内部")


async def test_a_reply_with_a_picture_belongs_to_what_it_replies_to(small: Stage) -> None:
    zhang = small.player("张三", "wecom")
    await zhang.says("报修 3楼打印机卡纸")
    await zhang.says("报修 VPN 连不上")
    bot = small.emulator.wecom.aibot
    await bot.mixes(zhang.id, ["是这一台", PNG], quote="IT-1001 3楼打印机卡纸 待接单")
    await small.settle()
    assert [len(await files_of(small, number)) for number in ("IT-1001", "IT-1002")] == [1, 0]


# ── the scanner ──


async def test_the_scanner_decides_what_is_shown(tmp_path: Path) -> None:
    clamd = FakeClamd()
    await clamd.start()
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    async with staged(url, tmp_path, storage={"clamd": clamd.address}) as stage:
        zhang, li = stage.player("张三", "wecom"), stage.player("李四", "dingtalk")
        await zhang.says("报修 3楼打印机卡纸")
        await shows(zhang)
        await stage.emulator.wecom.sends_file(zhang.id, "发票.txt", b"words " + SICK)
        await stage.settle()
        assert clamd.scanned[0] == PNG
        zhang.sees("附件 2「发票.txt」 未取到（查出病毒，已隔离）")
        (sick,) = (tmp_path / "files" / "quarantine").iterdir()
        assert sick.stat().st_mode & 0o777 == 0o600

        await clamd.stop()
        await shows(zhang, png(8, 8))
        await stage.emulator.wecom.sends_file(zhang.id, "又一张.txt", b"more " + SICK)
        await stage.settle()
        assert [f.check for f in await files_of(stage)][2:] == [Check.PENDING, Check.PENDING]
        before = len(kinds(li))
        await li.says("附件 1001")
        li.sees("3. ", "待查毒")
        assert sum(kind in {"image", "markdown"} for kind in kinds(li)[before:]) == 1

        await clamd.start()
        await stage.settle()
        assert [f.check for f in await files_of(stage)][2:] == [Check.CLEAN, Check.INFECTED]
        zhang.sees("附件 4「又一张.txt」 未取到（查出病毒，已隔离）")
        assert [f.can_be_shown for f in await files_of(stage)] == [True, False, True, False]
        stage.assert_clean()
    await clamd.stop()


# ── the end ──


async def test_bytes_go_when_their_time_is_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    async with staged(url, tmp_path, storage={"keep_files": "90d"}) as stage:
        zhang, folder = stage.player("张三", "wecom"), tmp_path / "files"
        await shows(zhang, png(5, 5))
        await zhang.presses("忽略")
        await zhang.says("报修 3楼打印机卡纸")
        await shows(zhang)
        await zhang.says("撤销 1001")

        def lying() -> int:
            return sum(path.is_file() for path in folder.rglob("*"))

        assert lying() == 2
        (folder / "ab").mkdir()
        (folder / "ab" / ("ab" * 32)).write_bytes(b"of a process that was killed")
        await stage.later(days=31)
        await stage.app.removing()
        assert lying() == 2  # the draft's is gone, the orphan is only suspected
        await stage.app.removing()
        assert lying() == 1
        await stage.later(days=60)
        await stage.app.removing()
        assert lying() == 0
        assert [file.stage for file in await files_of(stage)] == [Lies.REMOVED]
        lines = [line async for line in stage.app.queries.export()]
        (file,) = lines[-1]["files"]
        assert (len(file["sha256"]), file["name"], file["size"]) == (64, "图片.png", len(PNG))
