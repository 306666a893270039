"""[[desks]] war_room: when a room is opened, and mistakes with their path."""

from __future__ import annotations

from typing import Any

import pytest

from bot.seeding import seeds
from bot.settings import Settings, cross_check
from domain.people.war_rooms import RoomPolicy
from domain.tickets.states import Priority

APP = {"agent_id": 1, "secret": "s", "token": "t", "encoding_aes_key": "a" * 43}
WECOM = {"corp_id": "ww1", "app": APP}


def settings(wecom: Any = None, **desk: Any) -> Settings:
    it = {"key": "it", "name": "IT", "prefix": "IT", "lead": "陈静", **desk}
    return Settings.model_validate({"wecom": wecom, "people": [{"name": "陈静"}], "desks": [it]})


def policy(**desk: Any) -> RoomPolicy:
    return seeds(settings(WECOM, **desk))[1][0].war_room


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("P1", RoomPolicy(is_on=True, priority="P1")),
        (["P2", "L3"], RoomPolicy(is_on=True, priority="P2", level=3)),
        ("hand", RoomPolicy(is_on=True)),
        (["hand", "L2"], RoomPolicy(is_on=True, level=2)),
        ([], RoomPolicy()),
    ],
)
def test_ways_to_write_it(written: Any, meant: RoomPolicy) -> None:
    assert policy(war_room=written) == meant
    assert policy() == RoomPolicy()


def test_a_priority_means_what_is_more_urgent_too() -> None:
    second = policy(war_room="P2")
    assert [second.wants_for(priority.value) for priority in Priority] == [True, True, False, False]
    assert [policy(war_room="L2").wants_at(level) for level in (0, 1, 2, 3)] == [False, False, True, True]
    assert not policy(war_room="hand").wants_for("P1")
    assert policy(war_room="P1", war_room_requester=True).with_requester


@pytest.mark.parametrize(
    "written", ["p1", "P5", "L0", "always", ["P1", "P2"], ["L1", "L2"], True, 1, [["P1"]]]
)
def test_what_means_nothing_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="P1 一来就建"):
        settings(WECOM, war_room=written)


def test_a_room_needs_the_application() -> None:
    def found(wecom: Any, **desk: Any) -> list[str]:
        return [problem.path for problem in cross_check(settings(wecom, **desk))]

    assert found(None, war_room="P1") == found({"corp_id": "ww1"}, war_room="P1") == ["desks[0].war_room"]
    assert found(WECOM, war_room="P1") == []
    assert found(WECOM, war_room_requester=True) == ["desks[0].war_room_requester"]
