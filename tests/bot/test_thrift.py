"""What a repaint is for, by whose card it is and what it shows."""

from __future__ import annotations

import pytest

from bot.thrift import kind_of_repaint
from domain.quota.thrift import Kind
from domain.tickets.states import State


@pytest.mark.parametrize(
    ("face", "shown", "state", "kind"),
    [
        ("desk", "open", State.IN_PROGRESS, Kind.WITHDRAWN),
        ("desk", "in_progress", State.WAITING, Kind.COSMETIC),
        ("desk", "waiting", State.RESOLVED, Kind.COSMETIC),
        ("desk", "in_progress", State.OPEN, Kind.OFFER),
        ("desk", "in_progress", State.CLOSED, Kind.FINAL),
        ("desk", None, State.IN_PROGRESS, Kind.WITHDRAWN),
        ("work", "in_progress", State.WAITING, Kind.COSMETIC),
        ("requester", "open", State.IN_PROGRESS, Kind.COSMETIC),
        ("requester", "resolved", State.CLOSED, Kind.FINAL),
        ("handover", "in_progress", State.IN_PROGRESS, Kind.OFFER),
        ("escalation:respond:2", "open", State.IN_PROGRESS, Kind.ESCALATION),
        ("calls:7", None, None, Kind.ESCALATION),
    ],
)
def test_kinds_of_repaints(face: str, shown: str | None, state: State | None, kind: Kind) -> None:
    assert kind_of_repaint(face, shown, state, has_buttons=True) is kind


def test_a_work_card_of_somebody_elses_ticket_is_withdrawn() -> None:
    taken = kind_of_repaint("work", "in_progress", State.IN_PROGRESS, has_buttons=False)
    assert taken is Kind.WITHDRAWN
    assert kind_of_repaint("work", "in_progress", State.RESOLVED, has_buttons=False) is Kind.COSMETIC
