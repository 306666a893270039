"""What the page can do: one handler for each act, each answered with its outcome and the feed's number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from adapters.emulator.chats import ROBOT
from adapters.emulator.playground.asking import Asked, read
from adapters.emulator.playground.assets import SECURITY
from adapters.emulator.playground.feed import Feed
from adapters.emulator.playground.media import Media
from adapters.emulator.playground.phones import DONE, CannotDo, Outcome, Phone, Trouble
from adapters.emulator.playground.showing import Json
from adapters.emulator.playground.wire_log import WireLog
from adapters.emulator.server import Emulator

OnAdvance = Callable[[timedelta], Awaitable[None]]
NextDue = Callable[[], Awaitable[datetime | None]]
Reset = Callable[[], Awaitable[None]]
Act = Callable[[Asked], Awaitable[Outcome]]

MOST_STOPS = 500  # on one way forward

_NAMES = {"wecom": "企业微信", "dingtalk": "钉钉"}
_TROUBLES = {Trouble.OFFLINE: "断网", Trouble.LIMITED: "限流"}


@dataclass(frozen=True)
class Hooks:
    """What the host program lends to the page. What it leaves out is not offered there."""

    on_advance: OnAdvance | None = None
    next_due: NextDue | None = None
    reset: Reset | None = None


@dataclass
class Acts:
    emulator: Emulator
    phones: Mapping[str, Phone]
    media: Media
    feed: Feed
    wire: WireLog
    hooks: Hooks
    on_reset: Callable[[], None]
    troubles: dict[str, set[Trouble]] = field(default_factory=lambda: {"wecom": set(), "dingtalk": set()})
    _entered: set[tuple[str, str]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        acts: dict[str, Act] = {
            "enter": self._enter,
            "say": self._say,
            "send": self._send,
            "press": self._press,
            "forward": self._forward,
            "advance": self._advance,
            "advance-to-next": self._advance_to_next,
            "redeliver": self._redeliver,
            "trouble": self._trouble,
            "expire": self._expire,
            "reset": self._reset,
        }
        return [web.post(f"/playground/{name}", self._handler(act)) for name, act in acts.items()]

    def trouble(self) -> Json:
        return {platform: sorted(t.value for t in active) for platform, active in self.troubles.items()}

    def _handler(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            asked = await read(request)
            try:
                outcome = await act(asked)
            except CannotDo as cannot:
                outcome = Outcome(ok=False, hint=str(cannot))
            answer = {"ok": outcome.ok, "hint": outcome.hint, "seq": self.feed.seq}
            return web.json_response(answer, headers=SECURITY)

        return handle

    # ── on a phone ──────────────────────────────────────────────────────────────────────────────

    async def _enter(self, asked: Asked) -> Outcome:
        """Once for each person: going to and fro between people on one screen is no visit."""
        phone, person = self._phone(asked), self._person(asked)
        if (phone.platform, person) not in self._entered:
            self._entered.add((phone.platform, person))
            await phone.enter(person)
        return DONE

    async def _say(self, asked: Asked) -> Outcome:
        person, text = self._person(asked), asked.text("text")
        self.wire.begin(f"{self._name(asked)}：{text}")
        return await self._phone(asked).say(person, asked.text("chat"), text, asked.texts("mentions"))

    async def _send(self, asked: Asked) -> Outcome:
        phone, person, chat = self._phone(asked), self._person(asked), asked.text("chat")
        attachment, place = asked.attachment(), (phone.platform, chat, person)
        self.wire.begin(f"{self._name(asked)} 发了 {attachment.name}")
        self.media.expect(place, attachment)
        try:
            return await phone.send(person, chat, attachment)
        finally:
            self.media.forget(place, attachment)

    async def _forward(self, asked: Asked) -> Outcome:
        phone, chosen = self._phone(asked), frozenset(asked.texts("bubbles"))
        said = [b for b in phone.chats.of(asked.text("chat")) if b.id in chosen and b.sender != ROBOT]
        if not said:
            raise CannotDo("这条消息已经不在了")
        self.wire.begin(f"{self._name(asked)} 转发了 {len(said)} 条消息")
        lines = [(self._called(asked.text("platform"), b.sender), b.text) for b in said]
        return await phone.forward(self._person(asked), lines)

    async def _press(self, asked: Asked) -> Outcome:
        label = asked.body.get("label") or asked.text("key")
        self.wire.begin(f"{self._name(asked)} 点了「{label}」")
        return await self._phone(asked).press(self._person(asked), asked.text("chat"), asked.press())

    # ── the clock ───────────────────────────────────────────────────────────────────────────────

    async def _advance(self, asked: Asked) -> Outcome:
        by = timedelta(seconds=asked.number("seconds"))
        if by <= timedelta():
            raise CannotDo("时间只能往前走")
        self.wire.begin(f"快进 {_spoken(by)}")
        end = self.emulator.clock.now() + by
        for _ in range(MOST_STOPS):
            stop = await self._next_stop(end)
            if stop is None:
                break
            await self._travel(stop)
        await self._travel(end)
        return DONE

    async def _next_stop(self, end: datetime) -> datetime | None:
        """Time does not jump over what is due on the way: nothing would be on time, and it would say so."""
        due = await self.hooks.next_due() if self.hooks.next_due else None
        if due is None or not self.emulator.clock.now() < due < end:
            return None
        return due + timedelta(seconds=1)

    async def _travel(self, to: datetime) -> None:
        by = max(to - self.emulator.clock.now(), timedelta())
        self.emulator.clock.advance(by)
        self.feed.publish_clock()
        if self.hooks.on_advance:
            await self.hooks.on_advance(by)

    async def _advance_to_next(self, asked: Asked) -> Outcome:
        due = await self.hooks.next_due() if self.hooks.next_due else None
        if due is None:
            raise CannotDo("后面没有定时要做的事了")
        # A moment later, so that what is due is due.
        by = max(due - self.emulator.clock.now(), timedelta()) + timedelta(seconds=1)
        self.wire.begin(f"快进到下一件事（{_spoken(by)}后）")
        await self._travel(self.emulator.clock.now() + by)
        return DONE

    # ── trouble ─────────────────────────────────────────────────────────────────────────────────

    async def _redeliver(self, asked: Asked) -> Outcome:
        phone = self._phone(asked)
        self.wire.begin(f"{_NAMES[phone.platform]}重投了上一条")
        outcome = await phone.redeliver()
        return Outcome(ok=True, hint="已重投：同一条消息又到了一次") if outcome.ok else outcome

    async def _trouble(self, asked: Asked) -> Outcome:
        phone, trouble = self._phone(asked), Trouble(asked.text("trouble"))
        active = self.troubles[phone.platform]
        (active.add if asked.flag("on") else active.discard)(trouble)
        self.wire.begin(
            f"{_NAMES[phone.platform]}{_TROUBLES[trouble]}{'开始' if asked.flag('on') else '结束'}"
        )
        phone.trouble(active)
        self.feed.publish("trouble", {"trouble": self.trouble()})
        return DONE

    async def _expire(self, asked: Asked) -> Outcome:
        self.wire.begin("卡片过期")
        for phone in self.phones.values():
            phone.expire()
        return Outcome(ok=True, hint="已过期：企业微信卡片的更新凭证、钉钉的会话回复地址")

    async def _reset(self, asked: Asked) -> Outcome:
        if self.hooks.reset is None:
            raise CannotDo("这里不能重新开始")
        await self.hooks.reset()
        self._forget()
        self.on_reset()
        return DONE

    def _forget(self) -> None:
        self._entered.clear()
        self.media.clear()
        self.wire.clear()
        for platform, phone in self.phones.items():
            self.troubles[platform].clear()
            phone.trouble(set())

    # ── who and where ───────────────────────────────────────────────────────────────────────────

    def _phone(self, asked: Asked) -> Phone:
        platform = asked.text("platform")
        if platform not in self.phones:
            raise web.HTTPBadRequest(text=f"there is no phone {platform}")
        return self.phones[platform]

    def _person(self, asked: Asked) -> str:
        self._name(asked)
        return asked.text("person")

    def _name(self, asked: Asked) -> str:
        return self._called(asked.text("platform"), asked.text("person"))

    def _called(self, platform: str, person: str) -> str:
        company = self.emulator.company
        employee = company.on_wecom(person) if platform == "wecom" else company.on_dingtalk(person)
        if employee is None:
            raise web.HTTPBadRequest(text=f"nobody is called {person}")
        return employee.name


def _spoken(by: timedelta) -> str:
    minutes = round(by.total_seconds() / 60)
    if minutes < 1:
        return f"{round(by.total_seconds())} 秒"
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "天"), (rest // 60, "小时"), (rest % 60, "分钟")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
