"""Bringing along what others said: a draft that keeps whose words are whose (flow D)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tickets.bringing import BringAlong, KeepOwnWords, bring_along, keep_own_words
from domain.tickets.context import (
    MOST_PASSAGES,
    Passage,
    has_context,
    more_words,
    own_words,
    passages_in,
    with_context,
)
from domain.tickets.errors import NotAllowed, TicketNotFound
from domain.tickets.opening import StartDraft, SubmitDraft, start_draft, submit_draft
from tests.domain.people import CHAT, LI, STRANGER, ZHANG, Memory

TALK = (Passage("王五", "VPN 断了"), Passage("", "我也是"))


async def brought(unit: Memory, text: str = "", key: str = "k1") -> str:
    return await bring_along(BringAlong(text, CHAT, TALK, key), unit)


async def test_what_was_just_said_stays_above_what_is_brought_along() -> None:
    unit = Memory().by(ZHANG)
    number = await start_draft(StartDraft("打不开网页", CHAT), unit)
    assert await brought(unit) == number
    draft = await unit.tickets.find(number)
    assert own_words(draft.text) == "打不开网页"
    assert passages_in(draft.text) == TALK
    unit.now += timedelta(seconds=5)
    assert await start_draft(StartDraft("很急", CHAT), unit) == number
    assert own_words(draft.text) == "打不开网页\n很急"
    assert (draft.title, passages_in(draft.text)) == ("打不开网页", TALK)


async def test_a_second_record_is_a_second_draft() -> None:
    unit = Memory().by(ZHANG)
    assert await brought(unit) != await brought(unit, key="k2")


async def test_only_one_s_own_words_go_along() -> None:
    unit = Memory().by(ZHANG)
    number = await brought(unit, "帮忙看看")
    draft = await unit.tickets.find(number)
    with pytest.raises((NotAllowed, TicketNotFound)):
        await keep_own_words(KeepOwnWords(number), unit.by(LI))
    await keep_own_words(KeepOwnWords(number), unit.by(ZHANG))
    assert draft.text == "帮忙看看"
    unit.now += timedelta(minutes=2)
    bare = await unit.tickets.find(await brought(unit, key="k3"))
    await keep_own_words(KeepOwnWords(bare.number), unit)
    assert passages_in(bare.text) == TALK[-1:]


async def test_who_brings_what_is_a_ticket_follows_it_once() -> None:
    unit = Memory().by(ZHANG)
    number = await submit_draft(SubmitDraft(await brought(unit)), unit)
    assert await brought(unit) == number
    assert await brought(unit.by(STRANGER)) == number
    assert await brought(unit) == number
    ticket = await unit.tickets.find(number)
    assert ticket.followers == {STRANGER.id}


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(own=WORDS, said=st.lists(st.builds(Passage, NAMES, WORDS), min_size=1, max_size=30), more=WORDS)
def test_words_stay_whose_they_are(own: str, said: list[Passage], more: str) -> None:
    if has_context(own) or has_context(more):
        return
    text = with_context(own, said)
    assert own_words(text) == own.strip()
    assert len(passages_in(text)) <= MOST_PASSAGES + 1
    longer = more_words(text, more)
    assert passages_in(longer) == passages_in(text)
    assert own_words(longer).startswith(own.strip())
