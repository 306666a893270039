"""What the person who gave an order hears when it worked. "" where a card says it already."""

from __future__ import annotations

from typing import Any

from bot.wording import priority_word
from domain.base import Command
from domain.sla.escalating import TakeOver
from domain.tickets import assigning, conversing, opening, resolving, steering, transferring


def acknowledgement(command: Command[Any], number: str) -> str:
    match command:
        case opening.AmendDraft():
            return "已补充到草稿，请看上面的卡片。"
        case assigning.AcceptTicket():
            return f"您已接单 {number}，工作卡已私聊发给您。"
        case assigning.DeclineTicket():
            return f"已拒单，{number} 回到待接单。"
        case assigning.AssignTicket():
            return f"{number} 已指派。"
        case assigning.ReleaseTicket():
            return f"{number} 已放回待接单。"
        case transferring.TransferTicket():
            return f"{number} 的转派已发出。对方接受之前，仍由原负责人负责。"
        case transferring.TakeTransfer():
            return f"您已接受 {number}。"
        case transferring.ReturnTransfer():
            return f"{number} 的转派已退回。"
        case conversing.AskRequester():
            return f"已发给提单人，{number} 等待回复，计时暂停。"
        case conversing.AnswerQuestion():
            return f"已转给负责人，{number} 继续处理。"
        case conversing.AddComment():
            return f"已发出（{number}）。"
        case conversing.AddNote():
            return f"已备注 {number}，仅内部可见。"
        case resolving.ResolveTicket():
            return f"{number} 已标记解决，等提单人确认；3 天内没有答复会自动关闭。"
        case resolving.ConfirmResolution():
            return f"感谢确认，{number} 已关闭。"
        case resolving.ReopenTicket():
            return f"{number} 已重开。"
        case resolving.CancelTicket():
            return f"{number} 已撤销。"
        case resolving.CloseTicket():
            return f"{number} 已关闭。"
        case steering.SetPriority(priority=priority) if priority is not None:
            return f"{number} 的优先级改为{priority_word(priority)}。"
        case steering.UrgeTicket():
            return f"已催办 {number}。"
        case steering.FollowTicket():
            return f"已关注 {number}，有进展会告诉您。"
        case steering.UnfollowTicket():
            return f"已取消关注 {number}。"
        case TakeOver():
            return f"您已在跟 {number}，后续升级停止。"
    return ""


def question_for(field: str, example: str) -> str:
    """What to say when an order lacks its words. ``example`` is the whole sentence that would have done."""
    asked = {
        "reason": "请直接回复原因。",
        "question": "想问提单人什么？请直接回复一句话。",
        "text": "请直接回复内容。",
        "result": "怎么解决的？请直接回复处理结果。",
        "priority": "改成哪一级？请回复 P1、P2、P3 或 P4。",
        "to": "转给谁？请回复姓名或服务台。",
    }
    return f"{asked.get(field, '还差一点信息。')}\n（10 分钟内有效，回复「算了」取消；也可以一次写完：{example}）"
