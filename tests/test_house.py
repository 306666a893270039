"""The table of contents holds: catalog complete, every button has a phrase, names stay in their rooms."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import adapters
import bot
import domain
import storage
from adapters.card import Button, Card
from adapters.chat import Said
from adapters.duty_grammar import BARE, NUMBERED
from adapters.grammar import PHRASES, command_of, key_of, phrase_of, understand
from adapters.reading_grammar import LOOKING, PLAIN
from bot.cards.ticket import FACES
from bot.catalog import HANDLERS, REACTIONS
from bot.duty_notices import DUTY_TELLERS, UNTOLD_DUTY
from bot.duty_screens import DUTY_READS
from bot.notices import TELLERS
from bot.settings import cross_check, load
from domain.base import Account, Command, Conversation, Event
from domain.digest.looking import ShowDigest
from domain.duty.events import DutyEvent
from domain.duty.looking import ShowLeave, ShowSwap
from domain.files.looking import ShowFiles
from domain.people.looking import ShowBinding
from domain.quota.looking import ShowQuota
from domain.tickets.command import TicketCommand
from domain.tickets.looking import ExplainDue, ListMine, ListTodo, LookAt, SearchTickets, ShowHelp, ShowMoves
from domain.tickets.policy import RULES
from tests.bot.views import every_card, every_view

ROOT = Path(bot.__file__).parent.parent
READS = {
    ShowFiles,
    LookAt,
    ExplainDue,
    ShowMoves,
    ListMine,
    ListTodo,
    SearchTickets,
    ShowHelp,
    ShowDigest,
    ShowQuota,
    ShowBinding,
    *DUTY_READS,
}
# Cards that come by themselves; whoever lost one asks for it by its number.
ONLY_TYPED = {ShowLeave, ShowSwap, ShowQuota, ShowBinding}
# What only the timeline shows: nobody is told.
UNTOLD = {
    "file_kept",
    "file_checked",
    "files_moved",
    "followed",
    "unfollowed",
    "due_set",
    "sla_paused",
    "sla_resumed",
    "sla_met",
}


def modules_of(package: Any) -> Iterator[Any]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in info.name:
            yield importlib.import_module(info.name)


def subclasses(base: type) -> set[Any]:
    for _ in modules_of(domain):
        pass
    below: set[Any] = set(base.__subclasses__())
    return below | {d for c in below for d in subclasses(c)}


def test_every_command_has_its_handler_or_only_reads() -> None:
    commands = {c for c in subclasses(Command) if dataclasses.is_dataclass(c)} - {TicketCommand}
    assert commands == set(HANDLERS) | READS


@pytest.mark.parametrize("command", HANDLERS, ids=lambda c: c.__name__)
def test_a_handler_takes_its_command(command: type) -> None:
    first = next(iter(inspect.signature(HANDLERS[command]).parameters.values()))
    assert first.annotation == command.__name__


@pytest.mark.parametrize("event", TELLERS, ids=lambda e: e.__name__)
def test_a_teller_takes_its_event(event: type) -> None:
    first = next(iter(inspect.signature(TELLERS[event]).parameters.values()))
    assert first.annotation.rpartition(".")[2] == event.__name__


def test_every_event_is_told_or_named_as_untold() -> None:
    events = {e for e in subclasses(Event) if "kind" in vars(e)}
    assert {e.kind for e in events - set(TELLERS)} == UNTOLD
    assert set(REACTIONS) <= events
    assert len({e.kind for e in events}) == len(events)


def test_every_event_of_duty_is_told_or_named_as_untold() -> None:
    events = {e for e in subclasses(DutyEvent) if "kind" in vars(e)}
    assert events == set(DUTY_TELLERS) | UNTOLD_DUTY
    assert len({e.kind for e in events}) == len(events)


def test_every_ticket_command_has_a_rule_and_every_rule_a_command() -> None:
    verbs = {c.verb for c in subclasses(TicketCommand)}
    assert verbs == set(RULES)


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda p: p.words[0])
def test_a_button_and_its_phrase_mean_the_same(phrase: Any) -> None:
    command = phrase.command(ticket="IT-1042")
    assert command_of(key_of(command)) == command
    typed = understand(_said(phrase_of(command)))
    assert typed == command or type(typed).__name__ == "Usage"


@pytest.mark.parametrize("face", FACES)
def test_every_button_on_every_face_can_also_be_typed(face: str) -> None:
    for facts, viewer in every_view():
        for button in _buttons(FACES[face](facts, viewer)):
            assert phrase_of(button.command)
            assert command_of(key_of(button.command)) is not None


def test_everything_that_can_be_typed_is_also_a_button_somewhere() -> None:
    typed = {
        *(phrase.command for phrase in PHRASES),
        *LOOKING.values(),
        *(type(command) for command in PLAIN.values()),
        *(phrase.kind for phrase in NUMBERED),
        *(type(command) for command, _ in BARE.values()),
    }
    shown = {type(button.command) for card in every_card() for button in card.buttons}
    assert typed - shown == ONLY_TYPED


def test_the_example_configuration_loads_without_a_mistake() -> None:
    assert list(cross_check(load(str(ROOT / "config.example.toml")))) == []


def test_platform_names_stay_in_their_rooms() -> None:
    allowed = {"platforms.py", "playground.py", "demo.py"}
    for path in [
        *(ROOT / "bot").rglob("*.py"),
        *(ROOT / "domain").rglob("*.py"),
        *(ROOT / "storage").rglob("*.py"),
    ]:
        if path.name in allowed or "settings" in path.parts:
            continue
        found = re.findall(r"[\"'](?:wecom|dingtalk)[\"':]", path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)} names a platform"


def test_no_drawer_modules() -> None:
    drawers = {"utils", "helpers", "helper", "common", "manager", "service", "misc", "base_service"}
    names = {m.__name__.rpartition(".")[2] for p in (bot, adapters, domain, storage) for m in modules_of(p)}
    assert not names & drawers


def _buttons(card: Card) -> tuple[Button, ...]:
    return card.buttons


def _said(text: str) -> Any:
    return Said("x", Account("p", "u"), Conversation("p", "direct", "u"), text)
