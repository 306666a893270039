"""The draft: what was understood, for its author to correct. Where the guess is in doubt it asks one question."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.card import Button, Card, Choice, Field, Option, Tone, Weight
from bot.cards.context import with_others_words
from bot.cards.facts import Facts
from bot.wording import priority_word
from domain.files.attaching import MoveFiles
from domain.tickets.context import has_context
from domain.tickets.filing import word_for
from domain.tickets.guessing import Fit
from domain.tickets.opening import AmendDraft, SubmitDraft
from domain.tickets.resolving import CancelTicket
from domain.tickets.states import Priority
from domain.tickets.ticket import ONLY_FILES

MOST_OTHERS = 2
UNSURE = "还不确定，提交后由前台分派"


def draft_card(facts: Facts) -> Card:
    if facts.ticket.text == ONLY_FILES:
        return _pictures(facts)
    card = _words(facts)
    return with_others_words(card, facts.ticket) if has_context(facts.ticket.text) else card


def _words(facts: Facts) -> Card:
    ticket = facts.ticket
    return Card(
        title=ticket.title,
        status="待提交",
        tone=Tone.NEUTRAL,
        lead=_lead(facts),
        fields=(*_belongs(facts), facts.priority(), *facts.place()),
        choice=Choice(
            "priority",
            "优先级",
            tuple(Option(p.value, priority_word(p)) for p in Priority),
            ticket.priority.value,
        ),
        buttons=(
            *_submit(facts),
            Button("改一下", AmendDraft(ticket.number)),
            Button("撤销", CancelTicket(ticket.number), Weight.DANGER),
        ),
        note=_note(facts),
        source="派单 · 请确认",
    )


def _pictures(facts: Facts) -> Card:
    """Pictures without a word: for a ticket that goes on, or for a new one that has yet to be described (flow C)."""
    ticket, others = facts.ticket, facts.others[:MOST_OTHERS]
    files = [file for file in ticket.files if file.counts]
    unit = "张图" if all(file.kind == "image" for file in files) else "个附件"
    where = f"是给 {'、'.join(others)} 补充，还是新问题？\n" if others else ""
    return Card(
        title=f"收到 {len(files)} {unit}",
        status="待说明",
        tone=Tone.WAITING,
        lead=f"{where}新问题请补一句描述，例如「3楼打印机卡纸」。",
        buttons=(
            *(Button(f"给 {number}", MoveFiles(ticket.number, number)) for number in others),
            Button("补一句", AmendDraft(ticket.number), Weight.NORMAL if others else Weight.PRIMARY),
            Button("忽略", CancelTicket(ticket.number), Weight.DANGER),
        ),
        note="10 分钟内再发的图片和话会放在一起。",
        source="派单 · 请说明",
    )


def _lead(facts: Facts) -> str:
    """The one question comes last, next to its answers."""
    files = [file for file in facts.ticket.files if file.counts]
    body = "\n".join(filter(None, (facts.body, f"附件 {len(files)} 个" if files else "")))
    if not facts.doubts:
        return body or "请核对，没问题就提交。"
    return "\n".join(filter(None, (body, "这件事该找谁？选一个就提交。")))


def _belongs(facts: Facts) -> tuple[Field, ...]:
    ticket = facts.ticket
    if facts.doubts and ticket.desk is None:
        return ()  # that is the question
    desk = Field("服务台", ticket.desk.name if ticket.desk else UNSURE)
    return (desk, Field("类别", f"{ticket.category}（猜）")) if ticket.category else (desk,)


def _submit(facts: Facts) -> tuple[Button, ...]:
    number = facts.ticket.number
    if not facts.doubts:
        return (Button("提交", SubmitDraft(number), Weight.PRIMARY),)
    labels = _labels(facts)
    answers = tuple(
        Button(labels[fit], SubmitDraft(number, desk=word_for(fit, facts.desks)), Weight.PRIMARY)
        for fit in facts.doubts
    )
    return (*answers, Button("说不准", SubmitDraft(number)))


def _labels(facts: Facts) -> dict[Fit, str]:
    """Short: the category, else the desk. Two desks with such a category are told apart by the whole word."""
    names = {desk.key: desk.name for desk in facts.desks}
    short = {fit: fit.category or names[fit.desk] for fit in facts.doubts}
    doubled = [label for label in short.values() if list(short.values()).count(label) > 1]
    return {fit: word_for(fit, facts.desks) if label in doubled else label for fit, label in short.items()}


def _note(facts: Facts) -> str:
    if not facts.doubts:
        return "60 秒内再发的话会并进这张单。"
    others = "".join(f"；别的服务台可回复「提交 {facts.ticket.number} {name}」" for name in _elsewhere(facts))
    return f"说不准也没关系，会由前台分派{others}。"


def _elsewhere(facts: Facts) -> Sequence[str]:
    """One desk that no button names, as an example."""
    asked = {fit.desk for fit in facts.doubts}
    return [desk.name for desk in facts.desks if desk.key not in asked][:1]
