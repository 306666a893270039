"""What can happen in a history, as plain data: who does what, and what goes wrong. A seed makes a list of these.

Nothing here names a card or a ticket that must exist: ``card=3`` is the third newest of whatever is on that phone.
So any act can be left out and the others still make sense, which is how a failing history is made shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from tests.stories.stage import Platform

Where = Literal["private", "group"]


@dataclass(frozen=True)
class Says:
    who: str
    on: Platform
    text: str  # {n} is a ticket's number
    ticket: int = 0
    where: Where = "private"


@dataclass(frozen=True)
class Presses:
    """``times``: how often the vendor delivers it. A key that the card showed once can be pressed for ever."""

    who: str
    on: Platform
    card: int
    key: int
    times: int = 1


@dataclass(frozen=True)
class AtOnce:
    acts: tuple[Says | Presses, ...]


@dataclass(frozen=True)
class Passes:
    """Time. Three days are longer than WeCom's codes live."""

    minutes: float


@dataclass(frozen=True)
class Goes:
    """Something goes wrong from now on, ``times`` calls long."""

    wrong: str
    times: int = 1


@dataclass(frozen=True)
class Restarts:
    """The program ends in order and begins again."""


Act = Says | Presses | AtOnce | Passes | Goes | Restarts
Chooser = Callable[[Random], Act]

REQUESTERS = ("张三", "路人")
STAFF = ("李四", "王强", "陈静", "赵敏")
OPENINGS = ("报修 打印机卡纸", "报修 VPN 连不上", "3楼打印机坏了", "报修 空调不冷")
BY_REQUESTERS = (
    "撤销 {n}",
    "催办 {n}",
    "确认 {n}",
    "重开 {n} 又坏了",
    "回复 {n} 在三楼",
    "答复 {n} 在三楼",
    "关注 {n}",
)
BY_STAFF = (
    "接单 {n}",
    "接单 {n}",
    "接单 {n}",
    "拒单 {n} 不归我们管",
    "转派 {n} 王强 帮个忙",
    "转派 {n} 李四 帮个忙",
    "转派 {n} 行政服务台 不归我们管",
    "接受 {n}",
    "退回 {n} 我也忙",
    "释放 {n} 今天来不及",
    "指派 {n} 李四",
    "要信息 {n} 在哪里？",
    "备注 {n} 等备件",
    "解决 {n} 换了硒鼓",
    "解决 {n} 换了硒鼓",
    "关闭 {n} 重复",
    "优先级 {n} P1",
    "我来跟 {n}",
    "延期 {n} 2h 等备件",
    "同意延期 {n}",
)
BY_ANYBODY = ("查 {n}", "我的", "待办", "换了硒鼓", "算了", "为什么 {n}", "我也遇到 {n}")
LEAVES = ("请假 今天 王强代", "请假 今天", "销假")


def platform(dice: Random) -> Platform:
    return dice.choice(("wecom", "dingtalk"))


def speaks(dice: Random) -> Says:
    texts, people = dice.choices(
        (
            (BY_REQUESTERS, REQUESTERS[:1]),
            (BY_STAFF, STAFF),
            (BY_ANYBODY, STAFF + REQUESTERS),
        ),
        (3, 6, 2),
    )[0]
    return Says(dice.choice(people), platform(dice), dice.choice(texts), dice.choice((0, 0, 1)))


def opens(dice: Random) -> Says:
    where: Where = "group" if dice.random() < 0.2 else "private"
    return Says("张三", platform(dice), dice.choice(OPENINGS), where=where)


def presses(dice: Random) -> Presses:
    who = dice.choice(("张三", "张三", "李四", "李四", "王强", "陈静", "赵敏", "路人"))
    times = dice.choice((1, 1, 1, 1, 2, 5))
    return Presses(who, platform(dice), dice.choice((0, 0, 0, 1, 1, 2, 3, 5)), dice.randrange(6), times)


def at_once(dice: Random) -> AtOnce:
    """Also one thumb twice, and one person on two devices."""
    acts = [dice.choice((presses, presses, speaks))(dice) for _ in range(dice.randint(2, 4))]
    acts = [replace(act, times=1) if isinstance(act, Presses) else act for act in acts]
    return AtOnce((*acts, acts[0]) if dice.random() < 0.4 else tuple(acts))


def passes(dice: Random) -> Passes:
    return Passes(dice.choice((0.2, 3, 11, 31, 70, 600, 73 * 60, 73 * 60)))


def goes(wrongs: Sequence[str]) -> Chooser:
    def goes(dice: Random) -> Goes:
        return Goes(dice.choice(wrongs), dice.choice((1, 1, 2, 3)))

    return goes


def leaves(dice: Random) -> Says:
    return Says(dice.choice(STAFF[:2]), platform(dice), dice.choice(LEAVES))


def restarts(_: Random) -> Restarts:
    return Restarts()


def history(dice: Random, length: int, choosers: Sequence[tuple[Chooser, float]]) -> tuple[Act, ...]:
    """Begins with a ticket, for there is little to do without one."""
    which, weights = zip(*choosers, strict=True)
    return opens(dice), *(choose(dice) for choose in dice.choices(which, weights, k=length - 1))


def shorter(acts: tuple[Act, ...]) -> list[tuple[Act, ...]]:
    """The same with a part left out, large parts first."""
    found, size = [], len(acts) // 2
    while size:
        found += [acts[:start] + acts[start + size :] for start in range(0, len(acts), size)]
        size //= 2
    return found
