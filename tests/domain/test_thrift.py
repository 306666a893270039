"""The order in which things are given up, and what never is."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from domain.quota.forecast import Forecast
from domain.quota.thrift import NEVER_LESS, Kind, Strain, Verdict, Way, decide, strain_of

ROOM = (True, False)


@pytest.mark.parametrize("kind", Kind)
def test_more_strain_or_less_room_never_gives_more(kind: Kind) -> None:
    for room, (less, more) in product(ROOM, pairwise(Strain)):
        assert _order(decide(kind, less, has_room=room)) <= _order(decide(kind, more, has_room=room))
    for strain in Strain:
        roomy, cramped = (decide(kind, strain, has_room=room) for room in ROOM)
        assert _order(roomy) <= _order(cramped)


@pytest.mark.parametrize(("kind", "strain", "room"), list(product(sorted(NEVER_LESS, key=str), Strain, ROOM)))
def test_who_must_act_or_be_warned_is_served_at_once_to_the_last_call(
    kind: Kind, strain: Strain, room: bool
) -> None:
    assert decide(kind, strain, has_room=room) == Verdict(Way.NOW)


def test_the_order_is_cosmetic_repaints_then_waiting_then_digests() -> None:
    given_up = {
        kind: next((s for s in Strain if decide(kind, s, has_room=True) != Verdict(Way.NOW)), None)
        for kind in Kind
        if kind not in NEVER_LESS
    }
    assert given_up == {
        Kind.COSMETIC: Strain.FEW_REPAINTS,
        Kind.WITHDRAWN: Strain.LATE_REPAINTS,
        Kind.FINAL: Strain.LATE_REPAINTS,
        Kind.DIGEST: Strain.SHORT_DIGESTS,
    }


@pytest.mark.parametrize("strain", Strain)
def test_the_end_of_a_ticket_is_always_painted(strain: Strain) -> None:
    assert decide(Kind.FINAL, strain, has_room=False).way in {Way.NOW, Way.LATER}


def test_strain_grows_with_what_is_used_and_with_the_pace() -> None:
    def at(used: int, projected: int) -> Strain:
        return strain_of(Forecast(1000, used, projected, None))

    for less, more in pairwise(range(0, 1200, 10)):
        assert at(less, less + 300) <= at(more, more + 300)
        assert at(800, less) <= at(800, more)


@pytest.mark.parametrize(
    ("used", "projected", "strain"),
    [
        (699, 2000, Strain.NONE),
        (700, 2000, Strain.FEW_REPAINTS),
        (850, 2000, Strain.LATE_REPAINTS),
        (950, 2000, Strain.SHORT_DIGESTS),
        (2000, 2000, Strain.SHORT_DIGESTS),
        (960, 990, Strain.NONE),
    ],
    ids=["early", "seventy", "eighty-five", "ninety-five", "over", "the-last-day-at-a-pace-that-lasts"],
)
def test_stages(used: int, projected: int, strain: Strain) -> None:
    assert strain_of(Forecast(1000, used, projected, None)) is strain


def test_without_a_limit_nothing_is_given_up() -> None:
    assert strain_of(Forecast(0, 10**9, 10**9, None)) is Strain.NONE


def _order(verdict: Verdict) -> tuple[Way, float]:
    return verdict.way, verdict.after.total_seconds()
