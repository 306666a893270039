"""What the one who is asked reads, and the lead when nobody is left to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.card import Field
from adapters.freezing import freeze
from adapters.grammar import phrase_of
from bot.cards.ticket import draw
from domain.dispatch.round import Offer
from domain.tickets.guessing import Fit
from domain.tickets.states import State
from storage.queries.views import Refusal
from tests.bot.views import facts, named, view
from tests.domain.people import CHEN, IT, LI, NOON, OFFICE, WANG, ZHANG

OFFER = Offer(WANG.id, NOON, NOON + timedelta(minutes=5))
REFUSED: dict[str, Any] = {"declines": 1, "refusals": (Refusal("李四", "在外面"),)}


def test_who_is_asked_reads_why_the_one_before_said_no_and_until_when() -> None:
    card = draw("offered", facts(view(offer=OFFER, **REFUSED)), WANG.id)
    assert [b.label for b in card.buttons] == ["接单", "拒单", "更多"]
    assert "李四 拒单：在外面" in card.lead
    assert card.note == "5 分钟内（03-02 12:05 前）未接会转给下一位；拒单请写原因。"


def test_whose_time_is_over_may_still_accept() -> None:
    for viewer, offer, became in ((LI, OFFER, "已转给下一位"), (WANG, None, "已放回待接单")):
        card = draw("offered", facts(view(offer=offer)), viewer.id)
        assert [b.label for b in card.buttons] == ["接单", "转派", "拒单", "更多"]
        assert became in card.lead


def test_a_draft_in_doubt_has_an_answer_for_each_place_and_one_for_not_knowing() -> None:
    desks = (IT, OFFICE, replace(OFFICE, key="hr", name="人事"))
    doubt = replace(facts(view(State.DRAFT, desk=None)), desks=desks, doubts=(Fit("it"), Fit("office")))
    card = draw("requester", doubt, ZHANG.id)
    assert [b.label for b in card.buttons] == ["IT 服务台", "行政", "说不准", "改一下", "撤销"]
    assert [phrase_of(b.command) for b in card.buttons[:3]] == [
        "提交 D-17 IT 服务台",
        "提交 D-17 行政",
        "提交 D-17",
    ]
    assert card.lead.endswith("这件事该找谁？选一个就提交。")
    assert card.note == "说不准也没关系，会由前台分派；别的服务台可回复「提交 D-17 人事」。"


def test_the_lead_reads_who_was_asked_how_often_it_was_declined_and_why() -> None:
    nobody = view(asked=(named(LI), named(WANG)), **REFUSED)
    card = draw("unclaimed", facts(nobody), CHEN.id)
    assert (card.status, [b.label for b in card.buttons]) == ("没有人接单", ["指派", "接单", "转派", "更多"])
    assert "已问过 李四、王强，都没有接。\n李四 拒单：在外面" in card.lead
    assert Field("拒单", "1 次") in card.fields
    assert draw("unclaimed", facts(view(State.IN_PROGRESS)), CHEN.id).buttons == ()


def test_a_group_reads_no_reason_of_anybody() -> None:
    assert "在外面" not in freeze(draw("desk", facts(view(**REFUSED)), None))
