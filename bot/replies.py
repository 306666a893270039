"""What the person who gave an order hears when it worked. "" where a card says it already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.wording import priority_word
from domain.base import Command
from domain.duty.choosing import ChooseHeir
from domain.duty.covering import CoverShift
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy
from domain.duty.requesting import CancelLeave, ConfirmLeave
from domain.duty.returning import EndLeave, TakeBack
from domain.duty.swapping import AcceptSwap, DeclineSwap
from domain.tickets.command import TicketCommand
from domain.tickets.steering import SetPriority

_SAID: Mapping[str, str] = {
    "amend": "已补充到草稿，请看上面的卡片。",
    "own": "好的，只带这一条。",
    "accept": "您已接单 {number}，工作卡已私聊发给您。",
    "decline": "已拒单，{number} 回到待接单。",
    "assign": "{number} 已指派。",
    "release": "{number} 已放回待接单。",
    "transfer": "{number} 的转派已发出。对方接受之前，仍由原负责人负责。",
    "take": "您已接受 {number}。",
    "return": "{number} 的转派已退回。",
    "ask": "已发给提单人，{number} 等待回复。",
    "answer": "已转给负责人，{number} 继续处理。",
    "comment": "已发出（{number}）。",
    "note": "已备注 {number}，仅内部可见。",
    "attach": "已补充到 {number}。如果是新问题，请直接描述一句话。",
    "move": "已归入 {number}。",
    "resolve": "{number} 已标记解决，等提单人确认；3 个工作日内没有答复会自动关闭。",
    "confirm": "感谢确认，{number} 已关闭。",
    "later": "好的，下个工作日再问您一次；3 个工作日内没有答复会自动关闭。",
    "reopen": "{number} 已重开。",
    "cancel": "{number} 已撤销。",
    "close": "{number} 已关闭。",
    "priority": "{number} 的优先级改为{priority}。",
    "urge": "已催办 {number}。",
    "follow": "已关注 {number}，有进展会告诉您。",
    "unfollow": "已取消关注 {number}。",
    "metoo": "已登记：您也遇到 {number}，有进展会告诉您，不需要再提单。",
    "grant": "已同意，{number} 延期。",
    "refuse": "已答复，{number} 不延期。",
    "withdraw": "{number} 的延期申请已撤回。",
    "room": "正在为 {number} 准备作战群，好了会告诉您。",
    "takeover": "您已在跟 {number}，后续升级停止。",
}


_SAID_OF_DUTY: Mapping[type[Command[Any]], str] = {
    ConfirmLeave: "请假已提交。",
    CancelLeave: "请假已取消。",
    AcceptDeputy: "您已接受代理。",
    DeclineDeputy: "您已谢绝代理，会请组长安排。",
    TakeBack: "已取回。",
    EndLeave: "已销假，欢迎回来。",
    AcceptSwap: "您已接受换班。",
    DeclineSwap: "换班没有生效，班表不变。",
    CoverShift: "您已顶班。",
}


def press_acknowledgement(command: Command[Any], number: str) -> str:
    """On the pressed card, where also orders about duty are answered; in a chat their own notices do that."""
    if isinstance(command, ChooseHeir):
        return f"{command.ticket} 已选好。"
    return _SAID_OF_DUTY.get(type(command)) or acknowledgement(command, number)


def acknowledgement(command: Command[Any], number: str) -> str:
    if not isinstance(command, TicketCommand):
        return ""
    priority = command.priority if isinstance(command, SetPriority) else None
    said = _SAID.get(command.verb, "")
    return said.format(number=number, priority=priority_word(priority) if priority else "")


_ASKED: Mapping[str, str] = {
    "reason": "请直接回复原因。",
    "question": "想问提单人什么？请直接回复一句话。",
    "text": "请直接回复内容。",
    "result": "怎么解决的？请直接回复处理结果。",
    "priority": "改成哪一级？请回复 P1、P2、P3 或 P4。",
    "more": "延多久，为什么？请直接回复，例如「2h 等备件」「1天 厂家明天上门」。",
    "to": "转给谁？请回复姓名或服务台。",
    "days": "请哪几天假，由谁代理？请直接回复，例如「7/1-7/3 王五代」「明天」。",
    "shift": "哪一天的班，换给谁？请直接回复，例如「周六 给 赵六」。",
}


def question_for(field: str, example: str) -> str:
    """What to say when an order lacks its words. ``example`` is the whole sentence that would have done."""
    asked = _ASKED.get(field, "还差一点信息。")
    return f"{asked}\n（10 分钟内有效，回复「算了」取消；也可以一次写完：{example}）"
