"""[[people]]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from bot.settings.problems import Problem, duplicates
from bot.settings.values import Section
from domain.base import Account, Role


class PersonSection(Section):
    name: str = Field(min_length=1)
    wecom: str = ""
    dingtalk: str = ""
    roles: tuple[Role, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def accounts(self) -> tuple[Account, ...]:
        both = (Account("wecom", self.wecom), Account("dingtalk", self.dingtalk))
        return tuple(account for account in both if account.user_id)


def check_people(people: Sequence[PersonSection]) -> Iterator[Problem]:
    yield from duplicates("people", [p.name for p in people], "姓名")
    for platform in ("wecom", "dingtalk"):
        ids = [getattr(p, platform).casefold() for p in people if getattr(p, platform)]
        yield from duplicates("people", ids, f"{platform} 账号")
