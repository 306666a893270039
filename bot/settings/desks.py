"""[[desks]] with their categories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from bot.settings.problems import Problem, duplicates
from bot.settings.rooms import WarRoom
from bot.settings.values import Channel, Duration, Section
from domain.people.people import OFFER_FOR, Strategy
from domain.people.war_rooms import OFF

if TYPE_CHECKING:
    from bot.settings.settings import Settings


def _bounded(span: timedelta) -> timedelta:
    """Raises ValueError. Pydantic's own bounds speak English of timedeltas."""
    if not timedelta(seconds=30) <= span <= timedelta(days=1):
        raise ValueError("等多久应在 30s 到 1d 之间")
    return span


OfferFor = Annotated[Duration, AfterValidator(_bounded)]


class CategorySection(Section):
    name: str = Field(min_length=1)
    keywords: tuple[str, ...] = ()
    skill: str = ""


class DeskSection(Section):
    key: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    name: str = Field(min_length=1)
    prefix: str = Field(pattern=r"^[A-Z]{1,8}$")
    lead: str = ""
    members: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    sla: str = ""
    keywords: tuple[str, ...] = ()
    dispatch: Strategy = Strategy.MANUAL
    offer_for: OfferFor = OFFER_FOR
    categories: tuple[CategorySection, ...] = ()
    war_room: WarRoom = OFF
    war_room_requester: bool = False


def check_desks(settings: Settings) -> Iterator[Problem]:
    yield from duplicates("desks", [d.key for d in settings.desks], "key")
    yield from duplicates("desks", [d.name for d in settings.desks], "name")
    yield from duplicates("desks", [d.prefix for d in settings.desks], "prefix")
    for index, desk in enumerate(settings.desks):
        yield from _check_desk(f"desks[{index}]", desk, settings)


def _check_desk(path: str, desk: DeskSection, settings: Settings) -> Iterator[Problem]:
    names = {person.name for person in settings.people}
    for name in (*desk.members, *([desk.lead] if desk.lead else [])):
        if name not in names:
            yield Problem(path, f"「{name}」不在 [[people]] 里")
    yield from duplicates(f"{path}.members", list(desk.members), "成员")
    if not desk.members and not desk.lead:
        yield Problem(path, "没有成员也没有组长，工单会没有人接")
    if desk.sla and desk.sla not in {sla.name for sla in settings.sla}:
        yield Problem(f"{path}.sla", f"没有名为「{desk.sla}」的 [[sla]]")
    if desk.war_room.is_on and (settings.wecom is None or settings.wecom.app is None):
        yield Problem(f"{path}.war_room", "作战群由企业微信的自建应用来建，但没有 [wecom.app] 一节")
    if desk.war_room_requester and not desk.war_room.is_on:
        yield Problem(f"{path}.war_room_requester", "先用 war_room 打开作战群")
    for channel in desk.channels:
        yield from (Problem(f"{path}.channels", reason) for reason in settings.problems_of(channel))
