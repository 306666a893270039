"""``/join/{key}``: somebody shows that two accounts are theirs, by logging in with one after the other in one browser.

The link alone proves nothing: who was sent somebody else's would otherwise give their rights away. Only accounts
that no login page knows (those under which an AI bot sees people) are believed by the link, and the last step
says whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import aiohttp_jinja2
import structlog
from aiohttp import web

from adapters.signing_in import SignIn
from bot.bus import Bus
from bot.console.login import way_in
from bot.console.proofs import Proofs
from bot.console.visitors import Cookies, Visitor, Visitors
from bot.links import JOIN_LASTS, BadLink, Joining, Links
from domain.base import Account, DomainError
from domain.duty.joining import JoinPeople
from domain.people.people import Person
from storage.people import Directory

log = structlog.get_logger()

PROOF = "joining"


@dataclass(frozen=True)
class Step:
    """What the page asks for next. ``ways`` are titles and addresses; without any, ``text`` says it all."""

    title: str
    text: str
    ways: tuple[tuple[str, str], ...] = ()
    form: Visitor | None = None
    status: int = 200


BAD = Step("链接已失效", "这个链接过期了，或不完整。请在聊天里再说一次「绑定账号」。", status=404)
SAME = Step("已经绑定", "这两个账号已经是同一个人，不需要再操作。要分开，请在聊天里回复「解除绑定」。")
DONE = Step("绑定好了", "两个账号现在是同一个人。回到聊天里继续就可以。")


class JoinPage:
    def __init__(
        self,
        sign_ins: Mapping[str, SignIn],
        links: Links,
        proofs: Proofs,
        visitors: Visitors,
        cookies: Cookies,
        directory: Directory,
        bus: Callable[[], Bus],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._sign_ins = sign_ins
        self._links = links
        self._proofs = proofs
        self._visitors = visitors
        self._cookies = cookies
        self._directory = directory
        self._bus = bus
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        if not self._sign_ins:
            return []
        return [web.get("/join/{key}", self.show), web.post("/join/{key}", self.join)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        try:
            joining = self._links.read_join(request.match_info["key"])
        except BadLink:
            return _shown(request, BAD)
        visitor = await self._visitors.of(request)
        response = _shown(request, await self._step(request, joining, visitor))
        if visitor is not None and visitor.account.is_same(joining.account):
            kept = self._proofs.give(joining.once)
            self._cookies.put(response, PROOF, kept, JOIN_LASTS.total_seconds())
        return response

    async def join(self, request: web.Request) -> web.StreamResponse:
        visitor = await self._visitors.of_form(request)
        try:
            joining = self._links.read_join(request.match_info["key"])
        except BadLink:
            return _shown(request, BAD)
        step = await self._step(request, joining, visitor)
        if step.form is None:
            return _shown(request, step)
        command = JoinPeople(joining.account, visitor.account)
        try:
            await self._bus().execute(command, by=visitor.person.actor, once=f"join:{joining.once}")
        except DomainError as refusal:
            log.info("accounts stay apart", refusal=refusal.code)
            return _shown(request, Step("不能绑定", str(refusal), status=409))
        response = _shown(request, DONE)
        self._cookies.drop(response, PROOF)
        return response

    # ── which step ──

    async def _step(self, request: web.Request, joining: Joining, visitor: Visitor | None) -> Step:
        one = await self._directory.recognise(joining.account, "")
        if visitor is None or visitor.account.is_same(joining.account):
            if visitor is not None or joining.account.platform not in self._sign_ins:
                return self._other(request, joining, one)
            return self._first(request, joining, one)
        if joining.account.platform in self._sign_ins and not self._is_proven(request, joining):
            return self._first(request, joining, one)
        if one.id == visitor.person.id:
            return SAME
        both = self._called(joining.account, one), self._called(visitor.account, visitor.person)
        text = f"「{both[0]}」和「{both[1]}」将合并为一人：工单、值班、请假和角色合在一起。"
        return Step("绑定账号（3/3）", f"{text}如果链接是别人发给您的，请不要确认。", form=visitor)

    def _first(self, request: web.Request, joining: Joining, one: Person) -> Step:
        sign_in = self._sign_ins[joining.account.platform]
        text = f"先用{sign_in.title}登录，确认「{one.name}」是您本人。"
        return Step("绑定账号（1/3）", text, ((sign_in.title, way_in(sign_in.name, _here(request))),))

    def _other(self, request: web.Request, joining: Joining, one: Person) -> Step:
        others = [s for name, s in self._sign_ins.items() if name != joining.account.platform]
        if not others:
            return Step("没有可以绑定的账号", "这里只接了一个平台。")
        text = f"「{self._called(joining.account, one)}」已确认。再用您在另一个平台的账号登录。"
        return Step("绑定账号（2/3）", text, tuple((s.title, way_in(s.name, _here(request))) for s in others))

    def _is_proven(self, request: web.Request, joining: Joining) -> bool:
        return self._proofs.holds(request.cookies.get(self._cookies.name(PROOF), ""), joining.once)

    def _called(self, account: Account, person: Person) -> str:
        sign_in = self._sign_ins.get(account.platform)
        return f"{sign_in.title if sign_in else '智能机器人'} {person.name}"


def _here(request: web.Request) -> str:
    return f"/join/{quote(request.match_info['key'], safe='')}"


def _shown(request: web.Request, step: Step) -> web.StreamResponse:
    response = aiohttp_jinja2.render_template("join.html", request, {"step": step}, status=step.status)
    response.headers["Cache-Control"] = "no-store"
    return response
