"""[digest]: 早报."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Literal

from bot.settings.problems import Problem
from bot.settings.values import Clock, Section


class DigestSection(Section):
    """``calm``: a group also hears that there is nothing to report. A person never does."""

    at: Clock = time(9)
    until: Clock = time(12)
    to: tuple[Literal["people", "groups"], ...] = ("people", "groups")
    calm: bool = False


def check_digest(section: DigestSection) -> Iterator[Problem]:
    if section.until <= section.at:
        yield Problem("digest.until", f"应晚于 at（{section.at:%H:%M}），否则早报永远发不出去")
