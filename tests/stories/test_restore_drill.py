"""The machine is lost. From the last backup everything goes on in another place, and nobody is told anything twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.emulator.dingtalk.messages import Text
from bot.backups import KeyPlace, take_backup
from storage.backup.restoring import restore
from storage.database import Database
from storage.outbox_hold import put_on_hold
from tests.databases import Postgres, Templates
from tests.faults.books import export
from tests.stories.stage import BOTH_GROUPS, GROUP, Stage, on_stage, settings_for, shown, vendors


def untold(_done: int, _total: int) -> None:
    pass


def urged(stage: Stage) -> int:
    chat = stage.chat("dingtalk", stage.player("李四", "dingtalk").id)
    return sum("张三 催办 IT-1001" in shown(bubble) for bubble in chat)


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
async def test_everything_goes_on_in_another_place(
    to: str, templates: Templates, postgres_server: Postgres, tmp_path: Path
) -> None:
    new = f"sqlite:///{tmp_path / 'new' / 'paidan.db'}" if to == "sqlite" else await postgres_server.create()
    old = await (
        templates.postgres(postgres_server) if to == "sqlite" else templates.sqlite(tmp_path / "old.db")
    )
    async with vendors() as (emulator, port):
        settings = settings_for(emulator, old, tmp_path, port, BOTH_GROUPS)
        storage = settings.storage.model_copy(update={"files": str(tmp_path / "files")})
        settings = settings.model_copy(update={"storage": storage})
        order = emulator.dingtalk.people.message("zhangsan01", Text("报修 VPN 连不上"), None, ())

        async with on_stage(emulator, settings) as stage:
            await emulator.dingtalk.stream.push(order)
            await stage.settle()
            await stage.player("李四", "dingtalk").presses("接单", group=GROUP)
            async with stage.app.database.write() as connection:
                await put_on_hold(connection, stage.app.now(), "so that something waits")
            await stage.player("张三", "wecom").says("催办 1001")
            assert urged(stage) == 0
            backup = await take_backup(
                settings, stage.app.database, tmp_path / "backups", stage.app.now(), untold
            )
            keys = KeyPlace.of(settings, stage.app.database).all()
            before = await export(stage.app)

        database = Database(new)
        await restore(database, backup.path, keys, tmp_path / "there", emulator.clock.now(), untold)
        await database.close()

        there = settings.storage.model_copy(update={"url": new, "files": str(tmp_path / "there")})
        async with on_stage(emulator, settings.model_copy(update={"storage": there})) as stage:
            await stage.settle()
            assert await export(stage.app) == before
            async with stage.app.session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert "发送已暂停" in (await answer.json())["notices"]["outbox"]
            await emulator.dingtalk.stream.push(order)
            await stage.player("赵敏", "wecom").says("报修 空调不冷")
            numbers = [line["number"] for line in await export(stage.app)]
            assert numbers == ["IT-1001", "XZ-1002"], "what came before is known, and numbers go on"
            assert urged(stage) == 0

            await stage.app.hold.release(stage.app.now(), drop=False)
            await stage.settle()
            assert urged(stage) == 1
            stage.player("赵敏", "wecom").sees("XZ-1002")
            await stage.player("李四", "dingtalk").says("解决 1001 重启了网关")
            stage.player("张三", "dingtalk").sees("处理结果：重启了网关")
            stage.assert_clean()
    if to == "postgres":
        await postgres_server.drop(new)
