"""附件 N: what a ticket's files are. They themselves follow the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.card import Button, Card
from bot.files.wording import standing_words
from bot.wording import state_tone, state_word
from domain.files.file import TicketFile
from domain.files.looking import ShowFiles
from domain.tickets.looking import LookAt
from storage.queries.views import TicketView

AT_A_TIME = 5


@dataclass(frozen=True)
class Listed:
    file: TicketFile
    by: str


def files_card(ticket: TicketView, files: Sequence[Listed], skip: int, link: str) -> Card:
    """``files`` are all that the asker may know of; those after ``skip`` are shown."""
    shown = files[skip : skip + AT_A_TIME]
    more = len(files) - skip - len(shown)
    buttons = [Button(f"还有 {more} 个", ShowFiles(ticket.number, skip + AT_A_TIME))] if more > 0 else []
    coming = any(one.file.can_be_shown for one in shown)
    return Card(
        title=f"{ticket.number} {ticket.title}",
        status=state_word(ticket.state),
        tone=state_tone(ticket.state),
        lead="\n".join(map(_line, shown)) if shown else "这张单没有附件。直接把图片或文件发给我就能补充。",
        buttons=(*buttons, Button("看工单", LookAt(ticket.number))),
        link=link,
        note="文件随后发到这里。" if coming else "",
        source="派单 · 附件",
    )


def _line(one: Listed) -> str:
    file = one.file
    name = file.name or {"image": "图片", "voice": "语音", "video": "视频"}.get(file.kind, "文件")
    inside = " · 内部" if file.internal else ""
    return f"{file.nth}. {name} · {one.by} · {standing_words(file)}{inside}"
