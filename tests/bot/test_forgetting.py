"""Books that would grow for ever are kept for a month; the tickets themselves for ever."""

from __future__ import annotations

from pathlib import Path

from bot.forgetting import KEPT_FOR, Forgetting
from storage import once
from tests.stories.stage import staged


async def test_served_keys_and_delivered_effects_go_after_a_month_and_tickets_stay(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path) as stage:
        app, clock = stage.app, stage.emulator.clock
        delivery = await stage.player("张三", "dingtalk").says("报修 VPN 连不上")
        assert delivery.acked
        forget = Forgetting(app.database, app.outbox, now=clock.now)
        await forget()
        delivered = await app.outbox.list("done")
        assert delivered, "what is fresh is kept"
        clock.advance(KEPT_FOR * 2)
        await forget()
        left = {letter.id for letter in await app.outbox.list("done")}
        assert not left & {letter.id for letter in delivered}
        async with app.database.write() as connection:
            assert await once.prune(connection, clock.now() - KEPT_FOR) == 0
        assert (await app.queries.view("IT-1001")).title == "VPN 连不上"
