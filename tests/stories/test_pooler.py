"""Behind a pooler that gives every transaction another session, all goes as ever, and nothing stays in a session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storage.database import Database, Unavailable
from tests.databases import Postgres
from tests.pooler import pooled
from tests.stories.stage import GROUP, staged

# What outlives a transaction, and would be found by whoever gets the session next.
LEFT_BEHIND = re.compile(
    r"^\s*(LISTEN|UNLISTEN|PREPARE|DECLARE \S+ .*WITH HOLD|SET (?!LOCAL|TRANSACTION)|CREATE TEMP)"
    r"|pg_(try_)?advisory_lock|set_config\('[^']*', '[^']*', false\)",
    re.IGNORECASE,
)


async def test_a_ticket_goes_its_whole_way(postgres_server: Postgres, tmp_path: Path) -> None:
    url = await postgres_server.create()
    async with pooled(url) as pooler:
        async with staged(pooler.url, tmp_path, storage={"pooled": True}) as stage:
            zhang, li = stage.player("张三", "wecom"), stage.player("李四", "dingtalk")
            await zhang.says("报修 VPN 连不上")
            await li.presses("接单", group=GROUP)
            await li.says("要信息 1001 在哪里？")
            await zhang.says("在家里")
            await li.says("解决 1001 重启了网关")
            await zhang.presses("已解决")
            await stage.later(hours=1)
            zhang.sees("IT-1001", "已关闭")
            assert await stage.app.outbox.list("dead") == []
            stage.assert_clean()
        assert pooler.named == []
        assert [asked for asked in pooler.asked if LEFT_BEHIND.search(asked)] == []
        assert len(pooler.asked) > 300
    await postgres_server.drop(url)


async def test_limits_hold_behind_a_pooler_too(postgres_server: Postgres) -> None:
    url = await postgres_server.create()
    async with pooled(url) as pooler:
        db = Database(pooler.url, pooled=True, busy_timeout=1.5)
        async with db.write() as connection:
            told = [
                (await connection.exec_driver_sql(f"SHOW {limit}")).scalar()
                for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
            ]
        assert told == ["1500ms", "1min", "1min"]
        await db.close()
    await postgres_server.drop(url)


async def test_without_the_setting_a_pooler_refuses_us(postgres_server: Postgres) -> None:
    url = await postgres_server.create()
    async with pooled(url) as pooler:
        db = Database(pooler.url)
        with pytest.raises(Unavailable, match="unsupported startup parameter"):
            await db.set_clock()
        assert "lock_timeout" in pooler.refused
        await db.close()
    await postgres_server.drop(url)
