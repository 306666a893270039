"""A policy file: the [[sla]], [[calendars]] and perhaps [[desks]] of a configuration that is not in force."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from bot.promises import policies
from bot.replaying import Ruling
from bot.settings import BadSettings, Problem, Settings, cross_check
from bot.settings.loading import in_words
from domain.people.people import Desk
from domain.sla.days import CompanyDay

_TAKEN = ("sla", "calendars", "desks")


def read_proposal(file: Path, desks: Iterable[Desk], days: Iterable[CompanyDay]) -> Ruling:
    """Everything else is as the present configuration has it. Raises BadSettings with all mistakes.

    A desk that the file does not name keeps the policy that it has now.
    """
    settings = _checked(file)
    made = policies(settings.sla, settings.calendars, days)
    named = {section.key: section.sla for section in settings.desks}
    held_to = {desk.key: named.get(desk.key, desk.sla) for desk in desks}
    if lost := sorted({sla for sla in held_to.values() if sla and sla not in made}):
        raise BadSettings((Problem("sla", f"缺少服务台正在用的「{'」「'.join(lost)}」"),))
    return Ruling(made, held_to)


def _checked(file: Path) -> Settings:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings((Problem(str(file), f"读不到这个文件：{error}"),)) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings((Problem(str(file), f"读不懂：{error}"),)) from error
    if strange := sorted(set(written) - set(Settings.model_fields)):
        raise BadSettings(tuple(Problem(name, "没有这个配置项，是不是拼错了") for name in strange))
    if not written.get("sla"):
        raise BadSettings((Problem("sla", "文件里没有 [[sla]]"),))
    try:
        settings = Settings(**{name: written[name] for name in _TAKEN if name in written})
    except ValidationError as error:
        raise BadSettings(tuple(in_words(error))) from error
    if problems := tuple(cross_check(settings)):
        raise BadSettings(problems)
    return settings
