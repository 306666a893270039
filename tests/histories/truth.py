"""What must be true of cards, whatever happened. Each rule yields the sentences that say what is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.histories.phones import STATES, Copy
from tests.histories.playing import Press
from tests.histories.timeline import LIVE, Standing, Timeline

Wrong = Iterator[str]
POINTS_DOWN = "已更新，见下方"


@dataclass(frozen=True)
class Kept:
    """A copy as the books know it."""

    live: bool
    face: str
    about_one: bool


@dataclass(frozen=True)
class Seen:
    """All that is needed to judge cards."""

    copies: tuple[Copy, ...]
    kept: Mapping[tuple[str, str], Kept]
    presses: tuple[Press, ...]
    timelines: Mapping[str, Timeline]  # by number, and by the draft's

    def timeline(self, number: str) -> Timeline:
        return self.timelines[number]


# ── while it happens ──


def no_copy_goes_back_in_time(seen: Seen) -> Wrong:
    """What a copy shows, one look after the other, is how the ticket stood one moment after the other."""
    for copy in seen.copies:
        steps, at = seen.timeline(copy.look.number).steps, 0
        for look in copy.looks:
            if not look.state:
                continue
            found = next((i for i in range(at, len(steps)) if _shows(look.standing, steps[i])), None)
            if found is None:
                yield f"goes back, or shows what never was, at {look.standing}: {copy}\n  {_path(steps)}"
                break
            at = found


def every_press_gets_an_answer(seen: Seen) -> Wrong:
    """On the card, or in the presser's own chat; nobody is left looking at a button that did nothing."""
    for press in seen.presses:
        if not any(press.answers) and not press.told and not press.under_way:
            yield f"no answer: {press}"


def every_answer_is_true(seen: Seen) -> Wrong:
    """What it says was so at some moment between the press and its answer."""
    for press in seen.presses:
        number = press.copy.look.number
        timeline = seen.timeline(number)
        known = timeline.line["number"], timeline.line["draft"]
        first = max(press.before.get(name, 0) for name in known)
        last = max(press.after.get(name, 0) for name in known)
        moments = timeline.between(first, last)
        for answer in press.answers:
            yield from (
                f"{why}: {press}\n  {_path(moments)}" for why in _lies(answer, press, timeline, moments, last)
            )


def _lies(
    answer: str, press: Press, timeline: Timeline, moments: tuple[Standing, ...], last: int
) -> Iterator[str]:
    if press.act.on == "wecom":
        shown = re.search(r"<Source><Desc><!\[CDATA\[(?:.*· )?(.*?)(?:·已超时)?\]\]>", answer)
    else:
        shown = re.search(r"\*\*(.+?)(?:·已超时)?\*\*", answer)
    state = STATES.get(shown.group(1), "") if shown else ""
    if state and state not in {moment.state for moment in moments}:
        yield f"the answered card says {state}"
    for found in re.finditer(r"现为〔(.+?)(?:·(\S+?))? [^〕]*〕", answer):
        if not any(_is(moment, STATES[found.group(1)], found.group(2) or "") for moment in moments):
            yield f"it says {found.group()}"
    for found in re.finditer(r"已由 (\S+) 于 .{5,12} 接单", answer):
        if found.group(1) not in {moment.owner for moment in moments}:
            yield f"it says {found.group()}"
    for words, kind in DONE.items():
        if re.search(words, answer) and not timeline.has_known(kind, press.act.who, last):
            yield f"it says {words}, and there is no such event"


DONE = {
    "您已接单": "accepted",
    "您已接受 ": "transfer_accepted",
    "的转派已退回": "transfer_returned",
    "感谢确认": "confirmed",
    "已催办 ": "urged",
    "已标记解决": "resolved",
    "^(?!.*不能).* 已撤销。": "cancelled",
}


def one_press_does_one_thing(seen: Seen) -> Wrong:
    """However often it was delivered."""
    for press in seen.presses:
        if not press.alone:
            continue
        for number, count in press.after.items():
            timeline = seen.timelines.get(number)
            fresh = timeline.events[press.before.get(number, 0) : count] if timeline else []
            done = [e["kind"] for e in fresh if e["actor"] == press.act.who and e["kind"] in ONCE]
            if len(done) > 1:
                yield f"did {done}: {press}"


ONCE = frozenset(
    {"accepted", "declined", "released", "transfer_accepted", "transfer_returned", "answered", "resolved"}
    | {"confirmed", "reopened", "cancelled", "closed", "urged", "opened"}
)


def a_superseded_copy_points_to_the_newest(seen: Seen) -> Wrong:
    """Its press is answered with 「已更新，见下方」, and it asks for nothing any more."""
    for press in seen.presses:
        number = press.copy.look.number
        if not (press.superseded and press.followed):
            continue
        for answer in filter(None, press.answers):
            if POINTS_DOWN not in answer:
                yield f"does not point to {number}'s newest card: {press}"


# ── at rest ──


def every_live_copy_shows_the_present(seen: Seen) -> Wrong:
    for copy in seen.copies:
        kept = seen.kept.get((copy.door, copy.handle))
        now = seen.timeline(copy.look.number).now
        if kept and kept.live and kept.about_one and copy.look.state and not _shows(copy.look.standing, now):
            yield f"shows {copy.look.standing}, but it is {now}: {kept.face} {copy}"


def every_other_copy_has_one_successor(seen: Seen) -> Wrong:
    """A copy that can't be repainted and offers what is not possible any more has one newer card below it."""
    for copy in seen.copies:
        kept = seen.kept.get((copy.door, copy.handle))
        # A call that is over asks nothing more of anybody, and its press says so.
        if kept is None or kept.live or not kept.about_one or kept.face.startswith("escalation:"):
            continue
        now = seen.timeline(copy.look.number).now
        acting = [key for key in copy.look.keys if _is_impossible(key, now)]
        if acting and not _has_a_newer_one(copy, seen):
            yield f"offers {acting} though it is {now}, and nothing follows: {kept.face} {copy}"


def no_chat_has_two_live_cards_of_one_kind(seen: Seen) -> Wrong:
    found: defaultdict[tuple[str, str, str, str], list[Copy]] = defaultdict(list)
    for copy in seen.copies:
        kept = seen.kept.get((copy.door, copy.handle))
        if kept and kept.live and kept.about_one:
            ticket = seen.timeline(copy.look.number).line["draft"]
            found[copy.platform, copy.chat, ticket, kept.face].append(copy)
    for (_, chat, number, face), copies in found.items():
        if len(copies) > 1:
            yield f"{chat} has {len(copies)} live {face} cards of {number}"


def every_card_is_in_the_books(seen: Seen) -> Wrong:
    """Each card on a phone is one that the program knows, so that a press on it is understood."""
    for copy in seen.copies:
        if (copy.door, copy.handle) not in seen.kept:
            yield f"unknown: {copy}"


def no_live_button_is_impossible(seen: Seen) -> Wrong:
    """A button that can never work in the present state is a lie before it is pressed."""
    for copy in seen.copies:
        kept = seen.kept.get((copy.door, copy.handle))
        if not (kept and kept.live and kept.about_one):
            continue
        now = seen.timeline(copy.look.number).now
        for key in copy.look.keys:
            if _is_impossible(key, now):
                yield f"{key} in {now.state}: {kept.face} {copy}"


POSSIBLE: Mapping[str, frozenset[str]] = {
    "accept": frozenset({"open"}),
    "resolve": frozenset({"in_progress", "waiting"}),
    "ask": frozenset({"in_progress", "waiting"}),
    "confirm": frozenset({"resolved"}),
    "later": frozenset({"resolved"}),
    "answer": frozenset({"waiting"}),
    "cancel": LIVE | {"draft"},
    "urge": LIVE,
    "takeover": LIVE,
    "transfer": LIVE,
    "take": LIVE,
    "return": LIVE,
    "submit": frozenset({"draft"}),
}

RULES = (
    no_copy_goes_back_in_time,
    every_press_gets_an_answer,
    every_answer_is_true,
    one_press_does_one_thing,
    a_superseded_copy_points_to_the_newest,
    every_live_copy_shows_the_present,
    every_other_copy_has_one_successor,
    no_chat_has_two_live_cards_of_one_kind,
    every_card_is_in_the_books,
    no_live_button_is_impossible,
)


# ── parts ──


def _has_a_newer_one(copy: Copy, seen: Seen) -> bool:
    mine = seen.timeline(copy.look.number).line["draft"]
    later = False
    for other in seen.copies:
        same = (other.platform, other.chat) == (copy.platform, copy.chat)
        if later and same and seen.timeline(other.look.number).line["draft"] == mine:
            return True
        later = later or other is copy
    return False


def _is_impossible(key: str, now: Standing) -> bool:
    verb = key.partition(":")[0]
    return verb in POSSIBLE and now.state not in POSSIBLE[verb]


def _shows(standing: tuple[str, str], moment: Standing) -> bool:
    return _is(moment, *standing)


def _is(moment: Standing, state: str, owner: str) -> bool:
    """A card names nobody where nobody is needed to know: before it was taken, and on some cards at the end."""
    return moment.state == state and (not owner or owner == moment.owner)


def _path(steps: tuple[Standing, ...]) -> str:
    shown: list[Any] = []
    for step in steps:
        if not shown or shown[-1] != step.shown:
            shown.append(step.shown)
    return " → ".join(f"{state}·{owner}" for state, owner in shown)
