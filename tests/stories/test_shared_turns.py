"""Two programs on one PostgreSQL write to the same people: together no more than one may."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chat import RateLimited
from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from bot.app import App, build
from bot.effects import Say, queued
from domain.base import Conversation
from tests.stories.stage import MORNING, company, free_port, settings_for, staged

LI = Conversation("wecom", "direct", "LiSi")


async def said(app: App, words: str) -> bool:
    try:
        await app.platforms["wecom"].say(LI, words, key=words)
    except RateLimited:
        return False
    return True


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_two_programs_share_what_a_member_may_be_sent(database_url: str, tmp_path: Path) -> None:
    emulator = Emulator(company(), Clock(MORNING))
    await emulator.start(0)
    settings = settings_for(emulator, database_url, tmp_path, free_port(), [])
    apps = [build(settings, now=emulator.clock.now) for _ in range(2)]
    try:
        for second in range(0, 60, 6):
            await asyncio.gather(
                *(
                    said(app, f"{name} {second} {n}")
                    for name, app in zip("ab", apps, strict=True)
                    for n in range(5)
                )
            )
            emulator.clock.advance(timedelta(seconds=6))
        heard = [bubble.text for bubble in emulator.wecom.chats.of("LiSi")]
        assert 20 < len(heard) <= 27, "WeCom drops what is over thirty in a minute without a word"
        assert {words[0] for words in heard} == {"a", "b"}
    finally:
        for app in apps:
            await app.stop()
        await emulator.stop()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_who_waits_long_for_a_turn_gets_it_at_last(database_url: str, tmp_path: Path) -> None:
    """Thirty things to tell one member at once: the last of them has tried more often than any failure may."""
    async with staged(database_url, tmp_path) as stage:
        told = [queued(Say(place=LI, text=f"第{number:02}件")) for number in range(30)]
        each_alone = [replace(one, lane=f"lane {number}") for number, one in enumerate(told)]
        await stage.app.outbox.put(each_alone, stage.app.now())
        for _ in range(60):
            await stage.later(seconds=4)
            if not await stage.app.outbox.pending():
                break
        assert await stage.app.outbox.list("dead") == []
        heard = sorted(bubble.text for bubble in stage.chat("wecom", "LiSi"))
        assert heard == [f"第{number:02}件" for number in range(30)]
