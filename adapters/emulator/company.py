"""The company that both emulated vendors serve: the same people, with an account on each platform."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Employee:
    """``wecom`` and ``dingtalk`` are user ids; an empty one means no account there."""

    name: str
    wecom: str = ""
    dingtalk: str = ""
    title: str = ""
    mobile: str = ""

    @property
    def union_id(self) -> str:
        return f"union-{self.dingtalk}"


@dataclass
class Group:
    """A group chat. ``id`` is DingTalk's openConversationId or WeCom's chat id; ``members`` are user ids."""

    id: str
    platform: str
    name: str
    members: list[str] = field(default_factory=list)
    robot_inside: bool = True


@dataclass
class Company:
    corp_id: str
    name: str = "示例公司"
    employees: list[Employee] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)

    def on_wecom(self, user_id: str) -> Employee | None:
        """WeCom looks user ids up without regard to case (wecom.md §5.3)."""
        folded = user_id.casefold()
        return next((e for e in self.employees if e.wecom and e.wecom.casefold() == folded), None)

    def on_dingtalk(self, user_id: str) -> Employee | None:
        return next((e for e in self.employees if e.dingtalk and e.dingtalk == user_id), None)
