"""What no single value shows: references, duplicates, sections that need each other."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dispatching import check_dispatch
from bot.rostering import check_rosters
from bot.settings.calendars import check_calendars
from bot.settings.desks import check_desks
from bot.settings.digest import check_digest
from bot.settings.people import check_people
from bot.settings.platforms import PLATFORMS, check_dingtalk, check_wecom
from bot.settings.problems import Problem
from bot.settings.server import check_storage
from bot.settings.settings import Settings
from bot.settings.sla import check_sla


def cross_check(settings: Settings) -> Iterator[Problem]:
    yield from check_people(settings.people)
    yield from check_desks(settings)
    yield from (Problem(m.path, m.reason) for m in check_dispatch(settings, PLATFORMS))
    yield from check_sla(settings)
    yield from check_calendars(settings.calendars)
    yield from (Problem(path, reason) for path, reason in check_rosters(settings))
    yield from check_digest(settings.digest)
    yield from check_wecom(settings.wecom)
    yield from check_dingtalk(settings.dingtalk)
    yield from check_storage(settings.storage)
