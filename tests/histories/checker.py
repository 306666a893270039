"""One judge for every history: what the vendors' servers saw and what the books say, against the invariants.

Each invariant is one function that yields, in words, what is wrong. Nothing here asks the program's own rules: the
life of a ticket and who may do what are written down once more in ``timeline``.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from storage import verifying
from storage.cards import copies as copies_table
from storage.database import Database
from storage.inbox import inbox
from storage.once import once
from storage.outbox_table import Stage, outbox
from tests.faults.books import export
from tests.histories import truth
from tests.histories.playing import Play, Record
from tests.histories.timeline import CLOCK, Standing, Timeline, may, moves
from tests.histories.truth import ONCE, Kept, Seen
from tests.stories.stage import EMPLOYEES, Platform

Wrong = Iterator[str]
QUIET_WITHIN = timedelta(seconds=60)
# Who is in no configuration is called by their account.
NAME_OF = {account: who.name for who in EMPLOYEES for account in (who.wecom, who.dingtalk)}


@dataclass(frozen=True)
class Told:
    """One sentence for one person that was delivered, by the books."""

    id: int
    lane: str
    person: str
    text: str


@dataclass(frozen=True)
class History:
    """Everything that is known of one history at its end."""

    record: Record
    timelines: Sequence[Timeline]
    served: Sequence[str]  # keys of messages that had their effect
    given_up: Sequence[str]  # ids of messages that lie as dead letters, or wait
    unsent: Sequence[str]  # effects that are due and not delivered
    told: Sequence[Told]
    read: Mapping[str, Mapping[str, Sequence[str]]]  # by person and chat: all sentences, in their order
    verified: verifying.Verified
    now: datetime


# ── the invariants ───────────────────────────────────────────────────────────────────────────────────


def i1_accepted_is_one_effect_or_one_dead_letter(history: History) -> Wrong:
    """What the platform was told is kept, was worked exactly once or lies where somebody sees it."""
    served = Counter(key.rpartition(":")[2] for key in history.served)
    for heard in history.record.heard:
        found = served[heard.id] + sum(key.endswith(heard.id) for key in history.given_up)
        if heard.accepted and found != 1:
            yield f"{heard.act} had {found} effects"


def i2_no_effect_without_a_cause(history: History) -> Wrong:
    """Nobody has done more than they said and pressed."""
    done = Counter(
        NAME_OF.get(event["actor"], event["actor"])
        for line in history.timelines
        for event in line.events
        if event["kind"] in ONCE
    )
    acted = Counter(history.record.acted)
    for name, count in done.items():
        if name != CLOCK and count > acted[name]:
            yield f"{name} did {count} things with {acted[name]} messages and presses"


def i3_every_step_is_legal(history: History) -> Wrong:
    """A ticket's events are a path that its life allows, one version after the other, and end where it stands."""
    for timeline in history.timelines:
        for event, was in zip(timeline.events, timeline.steps, strict=False):
            if not moves(event["kind"], was.state):
                yield f"{timeline.line['number']}: {event['kind']} by {event['actor']} in {was.state or 'nothing'}"
        line = timeline.line
        if timeline.now.shown != (line["state"], line["assignee"] or ""):
            yield f"{line['number']} is {line['state']} with {line['assignee']}, but its events say {timeline.now}"


def i4_one_winner_a_round(history: History) -> Wrong:
    """Between two times in the pool, at most one person has accepted."""
    for timeline in history.timelines:
        winners: list[str] = []
        for event, now in zip(timeline.events, timeline.steps[1:], strict=True):
            winners = [] if now.state == "open" else winners
            winners += [event["actor"]] if event["kind"] == "accepted" else []
            if len(winners) > 1:
                yield f"{timeline.line['number']} was won by {winners}"


def i5_every_level_rings_once(history: History) -> Wrong:
    """No alarm twice for one promise, and none is overdue while its ticket is open."""
    for timeline in history.timelines:
        rung: set[tuple[str, int]] = set()
        for event in timeline.events:
            goal = event.get("goal", "")
            if event["kind"] in {"due_set", "due_extended", "due_recounted", "sla_met"}:
                rung = {one for one in rung if one[0] != goal}
            if event["kind"] in {"escalated", "sla_warned"}:
                level = goal, event.get("level", 0)
                if level in rung:
                    yield f"{timeline.line['number']}: {level} rang twice"
                rung.add(level)
        for timer in timeline.line["timers"]:
            if datetime.fromisoformat(timer["due_at"]) <= history.now:
                yield f"{timeline.line['number']}: {timer} did not fire"


def i6_nothing_stays_unsent(history: History) -> Wrong:
    """No effect is overdue once nothing goes wrong any more."""
    yield from history.unsent


def i7_what_was_sent_arrived(history: History) -> Wrong:
    """Each sentence that counts as delivered is on a phone, and no oftener than it was said, but for answers that
    were lost on their way to us: DingTalk's robot messages have no key by which a repetition could be known."""
    said = Counter((told.person, told.text) for told in history.told)
    for (person, text), times in said.items():
        seen = sum(text in read for chat in history.read[person].values() for read in chat)
        if seen == 0:
            yield f"{person} never got {text!r}"
        other = sum(count for (who, more), count in said.items() if who == person and text in more)
        if seen > other + history.record.lost_answers:
            yield f"{person} got {text!r} {seen} times, though it was said {times} times"


def i8_order_is_kept(history: History) -> Wrong:
    """What is told somebody about one ticket comes in the order in which it happened."""
    once_only = Counter((told.person, told.text) for told in history.told)
    last: dict[tuple[str, str, str], tuple[int, str]] = {}
    for told in history.told:
        if once_only[told.person, told.text] > 1:
            continue
        for chat, sentences in history.read[told.person].items():
            places = [place for place, read in enumerate(sentences) if told.text in read]
            before, earlier = last.get((told.person, told.lane, chat), (-1, ""))
            if len(places) == 1:
                if places[0] < before:
                    yield f"{told.person} read {told.text!r} before {earlier!r}"
                last[told.person, told.lane, chat] = places[0], told.text


def i10_the_chain_holds(history: History) -> Wrong:
    """The audit chain verifies, and every change has its entry."""
    if not history.verified.ok:
        yield f"{history.verified}"


def i12_nobody_did_what_they_may_not(history: History) -> Wrong:
    """Everybody who did something was allowed to at that moment."""
    for timeline in history.timelines:
        requester = str(timeline.line["requester"])
        for event, was in zip(timeline.events, timeline.steps, strict=False):
            if not may(event["kind"], event["actor"], was, requester):
                yield f"{timeline.line['number']}: {event['kind']} by {event['actor']} while it was {was}"


def i13_it_comes_to_rest(history: History) -> Wrong:
    """Once nothing goes wrong any more, everything is delivered within a minute."""
    if history.record.quiet_after > QUIET_WITHIN:
        yield f"quiet only after {history.record.quiet_after}"


# I9, that the last card shows the final state, is ``truth.every_live_copy_shows_the_present``.
INVARIANTS = (
    i1_accepted_is_one_effect_or_one_dead_letter,
    i2_no_effect_without_a_cause,
    i3_every_step_is_legal,
    i4_one_winner_a_round,
    i5_every_level_rings_once,
    i6_nothing_stays_unsent,
    i7_what_was_sent_arrived,
    i8_order_is_kept,
    i10_the_chain_holds,
    i12_nobody_did_what_they_may_not,
    i13_it_comes_to_rest,
)


async def lies(play: Play) -> list[str]:
    """Everything that cards said and that was not so."""
    seen = await _cards_of(play)
    return [f"{rule.__name__}: {wrong}" for rule in truth.RULES for wrong in rule(seen)]


async def everything(play: Play) -> list[str]:
    """Every invariant, and every rule about cards."""
    history = await _history_of(play)
    found = [f"{rule.__name__}: {wrong}" for rule in INVARIANTS for wrong in rule(history)]
    return found + await lies(play)


def ends(history: Sequence[Timeline]) -> list[tuple[str, Standing, list[tuple[str, str]]]]:
    """How every ticket ended and how it came to that, for comparison with another database (I14)."""
    return [
        (line.line["number"], line.now, [(event["kind"], event["actor"]) for event in line.events])
        for line in history
    ]


# ── where it is read from ────────────────────────────────────────────────────────────────────────────


async def timelines_of(play: Play) -> list[Timeline]:
    return [Timeline.of(line) for line in await export(play.stage.app)]


async def _cards_of(play: Play) -> Seen:
    timelines = {line.line["draft"]: line for line in await timelines_of(play)}
    timelines |= {line.line["number"]: line for line in timelines.values()}
    kept = {
        (row.platform, row.handle): Kept(row.state == "live", row.face, row.ticket is not None)
        for row in await _rows(play.stage.app.database, copies_table)
    }
    known = tuple(copy for copy in play.phones.copies.values() if copy.look.number in timelines)
    presses = tuple(press for press in play.record.presses if press.copy.look.number in timelines)
    return Seen(known, kept, presses, timelines)


async def _history_of(play: Play) -> History:
    app = play.stage.app
    names = {id_: NAME_OF.get(name, name) for id_, name in (await app.directory.names()).items()}
    rows = await _rows(app.database, outbox)
    now = play.emulator.clock.now()
    return History(
        record=play.record,
        timelines=await timelines_of(play),
        served=[
            row.key for row in await _rows(app.database, once) if not row.key.endswith((":files", ":aside"))
        ],
        given_up=[row.id for row in await _rows(app.database, inbox)],
        unsent=[
            f"{row.state} since {row.created_at}: {row.payload}"
            for row in rows
            if row.state in {Stage.WAITING, Stage.CLAIMED} and row.due_at <= now
        ],
        told=[told for row in rows if row.state is Stage.DONE for told in _told(row, names)],
        read={who.name: _read_by(play, who.wecom, who.dingtalk) for who in EMPLOYEES},
        verified=await verifying.verify(app.database, None, lambda _done, _of: None),
        now=now,
    )


def _told(row: Row[Any], names: Mapping[Any, str]) -> Iterator[Told]:
    effect = json.loads(row.payload)
    if row.kind == "say" and isinstance(effect["place"], int):
        yield Told(row.id, row.lane, names[effect["place"]], effect["text"])


def _read_by(play: Play, wecom: str, dingtalk: str) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    chats: list[tuple[Platform, str]] = [
        ("wecom", wecom),
        ("wecom", f"aibot:{wecom}"),
        ("dingtalk", dingtalk),
    ]
    for platform, chat in chats:
        for bubble in play.phones.said_to(platform, chat):
            found[chat].append(bubble.text)
    return found


async def _rows(database: Database, table: Any) -> Sequence[Row[Any]]:
    async with database.read() as connection:
        return (await connection.execute(select(table).order_by(*table.primary_key.columns))).all()
