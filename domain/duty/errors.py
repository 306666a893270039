"""Refusals about duty and leave. Each sentence says what is wrong and how to put it right; nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.base import DomainError


class BadDays(DomainError):
    """The days can't be read, do not exist, lie in the past or run backwards."""

    code: ClassVar[str] = "bad_days"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}。日期请写成「7/1-7/3」「明天」「到周五」或「7月1日到3日」。")
        self.why = why


class BadTime(DomainError):
    code: ClassVar[str] = "bad_time"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}。时间请写成「到 18:00」。")
        self.why = why


class LeaveOverlaps(DomainError):
    code: ClassVar[str] = "leave_overlaps"

    def __init__(self, days: str) -> None:
        super().__init__(f"您 {days} 已经请假，时间重叠了。要改请先回复「销假」。")
        self.days = days


class UnfitDeputy(DomainError):
    code: ClassVar[str] = "unfit_deputy"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}，请换一位代理人，或不写代理人（工单会交给值班人）。")
        self.why = why


class UnfitHeir(DomainError):
    code: ClassVar[str] = "unfit_heir"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}，请换一位同事，或放回服务台。")
        self.why = why


class NotInYourHands(DomainError):
    """Also the answer for a ticket that does not exist."""

    code: ClassVar[str] = "not_in_your_hands"

    def __init__(self, ref: str) -> None:
        super().__init__(f"{ref} 不在您手上，不用移交。")
        self.ref = ref


class NoSuchLeave(DomainError):
    """Also the answer for somebody else's."""

    code: ClassVar[str] = "no_such_leave"

    def __init__(self) -> None:
        super().__init__("没有找到这条请假，可能已经结束。要请假可回复「请假 7/1-7/3 王五代」。")


class NoSuchSwap(DomainError):
    code: ClassVar[str] = "no_such_swap"

    def __init__(self) -> None:
        super().__init__("没有找到这个换班。可回复「谁值班」看班表。")


class AlreadySettled(DomainError):
    """Pressed twice, or somebody else was quicker: the answer is what became of it."""

    code: ClassVar[str] = "already_settled"

    def __init__(self, became: str) -> None:
        super().__init__(f"{became}，不需要再操作。")
        self.became = became


class NotYours(DomainError):
    code: ClassVar[str] = "not_yours"

    def __init__(self, who: str) -> None:
        super().__init__(f"仅{who}可以这样做。")
        self.who = who


class NoShift(DomainError):
    code: ClassVar[str] = "no_shift"

    def __init__(self, day: str) -> None:
        super().__init__(f"您 {day} 没有班可换。可回复「谁值班」看班表。")
        self.day = day


class SwapLeavesGap(DomainError):
    code: ClassVar[str] = "swap_leaves_gap"

    def __init__(self, why: str) -> None:
        super().__init__(f"不能这样换：{why}，这一班会没有人。请换一位同事。")
        self.why = why


class NothingToCover(DomainError):
    code: ClassVar[str] = "nothing_to_cover"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}。可回复「谁值班」看班表。")
        self.why = why


class NoOneAsked(DomainError):
    code: ClassVar[str] = "words_missing"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"不止一个服务台有班表，请写明：{'、'.join(f'「我来顶 {name}」' for name in names)}。"
        )
        self.names = tuple(names)


class BadRoster(DomainError):
    """A roster that is empty, overlaps, or leaves hours without anybody although it claims not to."""

    code: ClassVar[str] = "bad_roster"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("；".join(problems) + "。")
        self.problems = tuple(problems)
