"""Card instances: public and private variables, where they are shown, and how updates are merged (§4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.dingtalk.tenant import Tenant

Variables = dict[str, str]

_MENTION = re.compile(r"<a\s+atId=[\"']?([^\s\"'>]+)")


@dataclass(frozen=True)
class Place:
    """One spot where a card is shown. ``recipients`` empty: to everybody in the chat."""

    space_type: str  # IM_GROUP · IM_ROBOT · ONE_BOX
    space_id: str
    carrier: str  # id of the bubble, and a processQueryKey
    recipients: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()  # who was in the chat when it came


@dataclass(frozen=True)
class Painted:
    """One entry of a card's history."""

    at: datetime
    by: str  # create · update · answer · stream
    public: Mapping[str, str]
    private: Mapping[str, Mapping[str, str]]


@dataclass(eq=False)
class CardInstance:
    out_track_id: str
    template_id: str
    public: Variables
    private: dict[str, Variables]
    callback_type: str = ""
    callback_route: str = ""
    user_id_type: int = 1
    spaces: dict[str, str] = field(default_factory=dict)  # space types with a model -> chat-list summary
    text_mentions: tuple[str, ...] = ()  # cardAtUserIds
    places: list[Place] = field(default_factory=list)
    history: list[Painted] = field(default_factory=list)
    closed_places: set[str] = field(default_factory=set)  # carriers of top cards that were taken down

    def view(self, userid: str) -> Variables:
        """What this viewer's client works with: private variables cover public ones of the same name."""
        return self.public | self.private.get(userid, {})

    def mentioned(self, *, in_text_only: bool) -> tuple[str, ...]:
        if not in_text_only:
            return self.text_mentions
        written = {user for value in self.public.values() for user in _MENTION.findall(value)}
        return tuple(user for user in self.text_mentions if user in written)


@dataclass(frozen=True)
class Change:
    """What an update or an answer asks for. None leaves that half alone."""

    public: Variables | None
    private: Mapping[str, Variables] | None
    public_by_key: bool
    private_by_key: bool


class Cards:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._cards: dict[str, CardInstance] = {}

    def find(self, out_track_id: str) -> CardInstance | None:
        return self._cards.get(out_track_id)

    def __iter__(self) -> Iterator[CardInstance]:
        return iter(tuple(self._cards.values()))

    def add(self, card: CardInstance) -> None:
        self._cards[card.out_track_id] = card
        self._remember(card, "create")

    def deliver(self, card: CardInstance, place: Place, mentions: tuple[str, ...]) -> None:
        card.places.append(place)
        summary = card.spaces.get(place.space_type) or card.public.get("lastMessage")
        text = summary or card.public.get("title", "")
        called = tuple(
            dict.fromkeys(
                mentions + card.mentioned(in_text_only=self._tenant.switches.card_mention_needs_text)
            )
        )
        body = self._body(card) | {"spaceType": place.space_type, "recipients": sorted(place.recipients)}
        bubble = Bubble(place.carrier, self._tenant.now(), ROBOT, "card", text, body=body, mentions=called)
        self._tenant.chats.add(place.space_id, bubble)

    def change(self, card: CardInstance, change: Change, by: str) -> None:
        if change.public is not None:
            card.public = {**(card.public if change.public_by_key else {}), **change.public}
        for userid, variables in (change.private or {}).items():
            kept = card.private.get(userid, {}) if change.private_by_key else {}
            card.private[userid] = {**kept, **variables}
        self._remember(card, by)
        self._repaint(card)

    def close(self, card: CardInstance, conversation: str) -> None:
        """Take a top card down."""
        for place in card.places:
            if place.space_type == "ONE_BOX" and place.space_id == conversation:
                card.closed_places.add(place.carrier)
        self._repaint(card)

    def sees(self, card: CardInstance, userid: str) -> Place | None:
        return next((p for p in card.places if self._shows(card, p, userid)), None)

    def _shows(self, card: CardInstance, place: Place, userid: str) -> bool:
        if place.carrier in card.closed_places:
            return False
        if place.space_type == "IM_ROBOT":
            return place.space_id == userid
        group = self._tenant.group(place.space_id)
        inside = group is not None and userid in group.members
        if not self._tenant.switches.late_joiners_see_cards and userid not in place.present:
            return False
        return inside and (not place.recipients or userid in place.recipients)

    def _remember(self, card: CardInstance, by: str) -> None:
        private = {user: dict(variables) for user, variables in card.private.items()}
        card.history.append(Painted(self._tenant.now(), by, dict(card.public), private))

    def _repaint(self, card: CardInstance) -> None:
        for place in card.places:
            body: dict[str, Any] = self._body(card) | {
                "spaceType": place.space_type,
                "recipients": sorted(place.recipients),
                "closed": place.carrier in card.closed_places,
            }
            self._tenant.chats.repaint(place.space_id, place.carrier, body)

    def _body(self, card: CardInstance) -> dict[str, Any]:
        return {
            "outTrackId": card.out_track_id,
            "templateId": card.template_id,
            "params": dict(card.public),
            "private": {user: dict(variables) for user, variables in card.private.items()},
        }


def new_carrier() -> str:
    return uuid4().hex
