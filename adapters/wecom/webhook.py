"""The way out to groups: one webhook each. It speaks and calls people; it hears nothing and edits nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import aiohttp

from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    Edits,
    EditSpent,
    FileRef,
    Finding,
    Misconfigured,
    Parcel,
    Profile,
    Rejected,
    Sink,
    Unfit,
)
from adapters.fit import fit, split_bytes
from adapters.ports import Turns
from adapters.wecom.app import WEBHOOKS, WebhookTarget
from adapters.wecom.notice import MAX_BYTES, of_card, of_text
from adapters.wecom.outlet import Outlet
from adapters.wecom.wording import literal
from domain.base import Account, Conversation

GROUP = Capabilities(
    edits=Edits.NEVER,
    fields=6,
    mentions=True,
    title_chars=60,
    lead_chars=200,
    field_name_chars=8,
    field_value_chars=60,
    text_bytes=MAX_BYTES,
)


class WeComWebhooks:
    name = WEBHOOKS

    def __init__(
        self,
        session: aiohttp.ClientSession,
        targets: Sequence[WebhookTarget],
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        turns: Turns | None = None,
    ) -> None:
        self._targets = tuple(targets)
        self._outlets = {
            target.name: Outlet(session, target, now=now, sleep=sleep, turns=turns) for target in targets
        }

    def capabilities(self, place: Conversation) -> Capabilities:
        return GROUP

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        await self._outlet(place).put(of_card(fit(card, GROUP)))
        return CardCopy(place, key)

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        raise EditSpent(copy.handle)

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """People are called once, at the end of the last piece."""
        outlet = self._outlet(place)
        pieces = [piece for piece in split_bytes(literal(text), MAX_BYTES) if piece.strip()]
        for number, piece in enumerate(pieces, 1):
            await outlet.put(of_text(piece, mention if number == len(pieces) else ()))

    async def profile(self, account: Account) -> Profile:
        raise Rejected("unsupported", "a webhook knows no people")

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        raise Rejected("unsupported", "a webhook receives no files")

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        raise Unfit("unsupported", "files are for people, not for groups")

    async def diagnose(self) -> list[Finding]:
        """Only a message can prove a webhook; what can be seen without one is whether there is a key."""
        return [_finding(target) for target in self._targets]

    def _outlet(self, place: Conversation) -> Outlet:
        if place.key not in self._outlets:
            fix = f"配置中没有名为「{place.key}」的群机器人，请在 [[wecom.webhooks]] 中补上，或修改服务台的 channels。"
            raise Misconfigured("unknown_webhook", place.key, fix)
        return self._outlets[place.key]


def _finding(target: WebhookTarget) -> Finding:
    key, what = f"{WEBHOOKS}.{target.name}", f"企业微信群机器人「{target.name}」已填写地址"
    if target.bare_key:
        return Finding(ok=True, what=what, id=key)
    return Finding(
        ok=False, what=what, id=key, fix="请在群设置中打开该机器人，复制完整的 Webhook 地址填入 key。"
    )
