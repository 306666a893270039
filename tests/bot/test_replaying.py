"""``paidan sla replay``: the rules in force give back the recorded log, others their difference; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.app import App, build
from bot.proposals import read_proposal
from bot.replaying import Comparison, Line, Ruling, as_json, as_text
from bot.settings import BadSettings, Settings
from domain.base import Actor, Command, Conversation, DomainError
from domain.duty.leave import Leave, Phase
from domain.people.people import Desk
from domain.sla.extending import ExtendDue, GrantExtension, More, RefuseExtension
from domain.tickets.assigning import AcceptTicket, DeclineTicket, ReleaseTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.opening import OpenTicket
from domain.tickets.resolving import ReopenTicket, ResolveTicket
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from domain.tickets.transferring import TransferTicket
from storage.leaves import SqlLeaves

BEGIN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
END = BEGIN + timedelta(days=16)
DIRECT = Conversation("wecom", "direct", "ZhangSan")
WEEK = {day: ["09:00-12:00", "13:30-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
POLICY = """
[[sla]]
name = "standard"
calendar = "office"
P1 = { respond = "15m", resolve = "2h" }
P3 = { respond = "1h", resolve = "5h" }
ladder = ["0s", "30m", "3h"]
pause = { limit = "4h" }
[[calendars]]
name = "office"
[calendars.spans]
mon = ["09:00-12:00", "13:30-18:00"]
tue = ["09:00-12:00", "13:30-18:00"]
wed = ["09:00-12:00", "13:30-18:00"]
thu = ["09:00-12:00", "13:30-18:00"]
fri = ["09:00-12:00", "13:30-18:00"]
"""


def settings_on(url: str, folder: Path) -> Settings:
    hours = {"respond": "1h", "resolve": "5h"}
    promise = {"calendar": "office", "P1": {"respond": "15m", "resolve": "2h"}, "P3": hours}
    ladder = {"ladder": ["0s", "30m", "3h"]}
    key = "a" * 43
    app = {"agent_id": 1, "secret": "x", "token": "y", "encoding_aes_key": key}
    people = [("张三", []), ("李四", ["agent"]), ("王强", ["agent"]), ("陈静", ["lead"]), ("赵敏", ["admin"])]
    return Settings.model_validate(
        {
            "storage": {"url": url, "spool": str(folder / "spool"), "files": str(folder / "files")},
            "wecom": {"corp_id": "ww1", "app": app, "webhooks": [{"name": "alerts", "key": "k"}]},
            "people": [{"name": n, "wecom": f"u{i}", "roles": roles} for i, (n, roles) in enumerate(people)],
            "desks": [
                {
                    "key": "it",
                    "name": "IT 服务台",
                    "prefix": "IT",
                    "lead": "陈静",
                    "members": ["李四", "王强"],
                    "channels": ["wecom-webhook:alerts"],
                    "sla": "standard",
                },
                {"key": "hr", "name": "人事", "prefix": "HR", "members": ["赵敏"], "sla": "always"},
            ],
            "sla": [
                {"name": "standard", **promise, **ladder, "pause": {"limit": "4h"}},
                {"name": "always", **promise, "calendar": "", **ladder, "pause": {"waiting": False}},
            ],
            "calendars": [{"name": "office", "spans": WEEK}],
        }
    )


@dataclass
class Past:
    """A program whose clock stands where the test puts it, and whose timers all ring on time."""

    app: App
    clock: list[datetime]

    @property
    def now(self) -> datetime:
        return self.clock[0]

    async def do(self, who: str, command: Command[Any]) -> Any:
        return await self.app.bus.execute(command, by=await self.actor(who))

    async def actor(self, who: str) -> Actor:
        return (await self.app.directory.find(who)).actor

    async def until(self, moment: datetime) -> None:
        while (due := await self.app.timers.next_due()) is not None and due <= moment:
            self.clock[0] = max(self.now, due)
            await self.app.sweep()
        self.clock[0] = moment

    async def ruling(self) -> Ruling:
        return Ruling(self.app.policies, {desk.key: desk.sla for desk in await self.app.directory.desks()})

    async def compare(self, proposed: Ruling, begin: datetime = BEGIN, end: datetime = END) -> Comparison:
        return await self.app.replaying.compare(
            await self.ruling(), proposed, begin, end, lambda done, total: None
        )

    async def log(self) -> list[Line]:
        """What was recorded as it rang."""
        kinds = {"sla_warned": False, "escalated": False, "held_call": True}
        lines = [line async for line in self.app.queries.export()]
        return sorted(
            _recorded(line["number"], event, held=kinds[event["kind"]])
            for line in lines
            for event in line["events"]
            if event["kind"] in kinds
        )


def _recorded(number: str, event: dict[str, Any], *, held: bool) -> Line:
    until, due = event.get("held_until"), event.get("due")
    return Line(
        at=datetime.fromisoformat(event["planned"]),
        number=number,
        goal=event["goal"],
        cycle=event["cycle"],
        level=event.get("level", 0),
        held=held,
        people=tuple(event["called"]),
        groups=tuple(f"{group['platform']}:{group['key']}" for group in event["groups"]),
        until=datetime.fromisoformat(until) if until else None,
        due=datetime.fromisoformat(due) if due else None,
    )


@pytest.fixture
async def past(database_url: str, tmp_path: Path) -> AsyncIterator[Past]:
    clock = [BEGIN]
    app = build(settings_on(database_url, tmp_path), now=lambda: clock[0])
    await app.database.migrate()
    await app.apply_seeds()
    yield Past(app, clock)
    await app.stop()


def random_move(rng: Random, number: str) -> tuple[str, Command[Any]]:
    return rng.choice(
        [
            ("李四", AcceptTicket(number)),
            ("王强", AcceptTicket(number)),
            ("赵敏", AcceptTicket(number)),
            ("李四", AskRequester(number, f"？{rng.random()}")),
            ("赵敏", AskRequester(number, f"？{rng.random()}")),
            ("张三", AnswerQuestion(number, "！")),
            ("陈静", SetPriority(number, rng.choice([Priority.P1, Priority.P2, Priority.P3]))),
            ("李四", DeclineTicket(number, "忙")),
            ("陈静", ReleaseTicket(number)),
            ("陈静", TransferTicket(number, "人事", "在那边")),
            ("赵敏", TransferTicket(number, "IT 服务台", "在这边")),
            ("李四", ExtendDue(number, More(timedelta(hours=rng.randrange(1, 6))), "等备件")),
            ("陈静", ExtendDue(number, More(days=1), "等厂家")),
            ("陈静", GrantExtension(number)),
            ("陈静", RefuseExtension(number, "不行")),
            ("李四", ResolveTicket(number, "好了")),
            ("张三", ReopenTicket(number, "没好")),
            ("张三", ReopenTicket(number, "还是没好")),
        ]
    )


async def live(past: Past, rng: Random, tickets: int, moves: int) -> None:
    numbers = []
    for turn in range(tickets + moves):
        hours = rng.choice([0.2, 1, 3, rng.random() * 12])
        await past.until(past.now + timedelta(hours=hours, microseconds=rng.randrange(1, 10**6)))
        if turn < tickets:
            opening = OpenTicket(f"事 {turn}", DIRECT, rng.choice(["it", "hr"]), rng.choice(list(Priority)))
            numbers.append(await past.do("张三", opening))
        await do_something(past, rng, numbers)
    await past.until(END)


async def do_something(past: Past, rng: Random, numbers: list[str]) -> None:
    """Most moves are refused in most states."""
    for _ in range(12):
        try:
            await past.do(*random_move(rng, rng.choice(numbers)))
        except DomainError:
            continue
        return


@pytest.mark.parametrize("seed", [2, 4])
async def test_the_rules_in_force_give_back_the_recorded_log_exactly(past: Past, seed: int) -> None:
    await live(past, Random(seed), tickets=10, moves=40)
    log = await past.log()
    found = await past.compare(await past.ruling())
    assert [(line, line.until, line.due) for line in sorted(found.present.calls)] == [
        (line, line.until, line.due) for line in log
    ]
    assert len(log) > 30
    assert {line.held for line in log} == {True, False}
    assert (found.more, found.fewer) == ([], [])
    middle = BEGIN + timedelta(days=5)
    part = await past.compare(await past.ruling(), middle, middle + timedelta(days=2))
    assert sorted(part.present.calls) == [x for x in log if middle <= x.at < middle + timedelta(days=2)]


async def test_other_rules_are_told_by_their_difference_and_nothing_is_changed(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await past.until(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))  # Monday, ten in Shanghai
    number = await past.do("张三", OpenTicket("VPN 断了", DIRECT, "it", Priority.P3))
    await past.do("李四", AcceptTicket(number))
    await past.until(END)
    before = [line async for line in past.app.queries.export()]
    file = tmp_path / "policy.toml"
    always = '[[sla]]\nname = "always"\nP3 = { resolve = "5h" }\n'
    file.write_text(POLICY.replace('resolve = "5h"', 'resolve = "500h"') + always)
    proposed = read_proposal(file, await past.app.directory.desks(), ())
    found = await past.compare(proposed)
    assert (len(found.present.breaches), len(found.proposed.breaches)) == (1, 0)
    assert (found.more, len(found.fewer)) == ([], 4)
    text = list(as_text(found))
    assert text[1] == "超时：现行 1，新规则 0（-1）"
    assert "- IT-1001 L1 解决超时 3月2日 16:30 → 李四、陈静、wecom-webhook:alerts" in text
    told = as_json(found)
    assert (told["breaches"], told["alerts"], len(told["fewer"])) == (-1, -4, 4)
    assert [line async for line in past.app.queries.export()] == before


@pytest.mark.parametrize(
    ("written", "path", "reason"),
    [
        ("[[sla", "policy.toml", "读不懂"),
        ("", "sla", "没有 [[sla]]"),
        ("[[sal]]\n", "sal", "拼错"),
        (POLICY.replace('"3h"', '"1x"'), "sla[0].ladder[2]", "时长"),
        (POLICY.replace("18:00", "25:00"), "calendars[0].spans.mon[1]", "25:00"),
        (POLICY.replace('"office"\nP1', '"nowhere"\nP1'), "sla[0].calendar", "nowhere"),
        (POLICY.replace('limit = "4h"', 'limit = "4h", waiting = false'), "sla[0].pause.limit", "从不暂停"),
        (POLICY, "sla", "always"),
    ],
)
async def test_a_broken_policy_file_is_refused_with_path_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, path: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "policy.toml"
    file.write_text(written)
    desks = [Desk("it", "IT", "IT", sla="standard"), Desk("hr", "人事", "HR", sla="always")]
    with pytest.raises(BadSettings) as refused:
        read_proposal(file, desks, ())
    problem = refused.value.problems[0]
    assert problem.path.endswith(path)
    assert reason in problem.text


async def test_who_was_on_leave_then_is_not_called_though_back_by_now(past: Past) -> None:
    await past.until(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    number = await past.do("张三", OpenTicket("VPN 断了", DIRECT, "it", Priority.P3))
    await past.do("李四", AcceptTicket(number))
    li, wang = await past.actor("李四"), await past.actor("王强")
    async with past.app.database.write() as connection:
        await SqlLeaves(connection).add(
            Leave(
                id=0,
                person=li.person,
                begin=BEGIN + timedelta(hours=6),
                end=BEGIN + timedelta(hours=9),
                deputy=wang.person,
                accepted=True,
                phase=Phase.OVER,
            )
        )
    found = await past.compare(await past.ruling())
    warned = next(line for line in found.present.calls if line.level == 0)
    assert (warned.at, warned.people) == (datetime(2026, 3, 2, 7, 30, tzinfo=UTC), (wang.person,))
