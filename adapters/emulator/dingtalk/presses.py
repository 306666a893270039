"""The calling side of cards: a press or a filled-in form, the callback, and what its answer paints (§4.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.emulator.dingtalk.card_answers import change_in
from adapters.emulator.dingtalk.card_api import CardApi
from adapters.emulator.dingtalk.card_callbacks import post_callback
from adapters.emulator.dingtalk.card_faces import Button, FormField, buttons_of, fixed_fields, form_of
from adapters.emulator.dingtalk.cards import CardInstance, Cards, Place
from adapters.emulator.dingtalk.frames import CARD_TOPIC, Push
from adapters.emulator.dingtalk.stream import Delivery, Stream
from adapters.emulator.dingtalk.tenant import Tenant


class NoSuchButton(Exception):
    """The viewer's present card shows nothing of the kind: a real thumb could not have pressed it."""


class Presses:
    def __init__(self, tenant: Tenant, cards: Cards, api: CardApi, stream: Stream) -> None:
        self._tenant = tenant
        self._cards = cards
        self._api = api
        self._stream = stream
        self.late_answers: list[Delivery] = []
        self.silent: list[str] = []  # presses of cards that were created without a callbackType

    async def press(
        self, userid: str, out_track_id: str, action: str, params: Mapping[str, Any] | None
    ) -> Delivery:
        card, place = self._seen(userid, out_track_id)
        button = self._button(card, userid, action)
        sent = dict(button.params) if params is None else {**button.params, **params}
        return await self._call_back(card, place, userid, {"actionIds": [action], "params": sent})

    async def press_stale(self, userid: str, out_track_id: str, action: str) -> Delivery:
        """A press on a picture that is out of date: the button may be gone from the present card."""
        card, place = self._seen(userid, out_track_id)
        stale = self._once_shown(card, userid, action)
        content = {"actionIds": [action], "params": dict(stale.params)}
        return await self._call_back(card, place, userid, content)

    async def submit(
        self, userid: str, out_track_id: str, values: Mapping[str, Any], action: str
    ) -> Delivery:
        card, place = self._seen(userid, out_track_id)
        view = card.view(userid)
        form = {**fixed_fields(view), **self._filled_in(form_of(view), values)}
        content = {"actionIds": [action], "params": {"form": form}}
        return await self._call_back(card, place, userid, content)

    def _seen(self, userid: str, out_track_id: str) -> tuple[CardInstance, Place]:
        card = self._cards.find(out_track_id)
        if card is None:
            raise NoSuchButton(f"there is no card {out_track_id}")
        place = self._cards.sees(card, userid)
        if place is None:
            raise NoSuchButton(f"{userid} does not see {out_track_id}")
        return card, place

    def _button(self, card: CardInstance, userid: str, action: str) -> Button:
        shown = buttons_of(card.view(userid), self._tenant.switches)
        button = next((b for b in shown if b.action == action), None)
        if button is None:
            raise NoSuchButton(f"{userid} sees {[b.action for b in shown]}, not {action}")
        if not button.enabled:
            raise NoSuchButton(f"{action} is disabled")
        return button

    def _once_shown(self, card: CardInstance, userid: str, action: str) -> Button:
        for painted in reversed(card.history):
            view = {**painted.public, **painted.private.get(userid, {})}
            for button in buttons_of(view, self._tenant.switches):
                if button.action == action:
                    return button
        raise NoSuchButton(f"{card.out_track_id} never showed {action} to {userid}")

    def _filled_in(self, fields: list[FormField], values: Mapping[str, Any]) -> dict[str, Any]:
        known = {f.name: f for f in fields}
        if unknown := set(values) - set(known):
            raise NoSuchButton(f"the form has no {sorted(unknown)}, only {sorted(known)}")
        if empty := [f.name for f in fields if f.required and values.get(f.name) in (None, "", [])]:
            raise NoSuchButton(f"the client insists on {empty}")
        return {name: self._value(known[name], value) for name, value in values.items()}

    def _value(self, form_field: FormField, value: Any) -> Any:
        """A choice comes as index and value in the official example, plain in others' reports (§4.6)."""
        listed = [v for v, _ in form_field.options]
        many = form_field.type == "MULTI_SELECT"
        if form_field.type not in ("SELECT", "MULTI_SELECT"):
            return value
        if strangers := [v for v in (value if many else [value]) if v not in listed]:
            raise NoSuchButton(f"{form_field.name} offers {listed}, not {strangers}")
        if not self._tenant.switches.select_as_object:
            return value
        return {"index": [listed.index(v) for v in value] if many else listed.index(value), "value": value}

    # ── calling back ────────────────────────────────────────────────────────────────────────────

    async def _call_back(
        self, card: CardInstance, place: Place, userid: str, private: Mapping[str, Any]
    ) -> Delivery:
        if self._tenant.switches.card_callbacks_metered:
            self._tenant.count_message()
        self._api.pressing.add(card.out_track_id)
        try:
            deliveries = await self._ask(card, self._data(card, place, userid, private))
        finally:
            self._api.pressing.discard(card.out_track_id)
        painted = [self._paint(card, userid, delivery) for delivery in deliveries]
        return painted[0]

    async def _ask(self, card: CardInstance, data: Mapping[str, Any]) -> list[Delivery]:
        if card.callback_type == "STREAM":
            return await self._stream.push(Push("CALLBACK", CARD_TOPIC, data))
        route = self._api.routes.get(card.callback_route)
        if card.callback_type == "HTTP" and route is not None:
            return [await post_callback(self._tenant, route, data)]
        # Without a callbackType no callbacks arrive at all (§4.1).
        self.silent.append(card.out_track_id)
        return [Delivery(acked=False)]

    def _data(
        self, card: CardInstance, place: Place, userid: str, private: Mapping[str, Any]
    ) -> dict[str, Any]:
        switches = self._tenant.switches
        content: Any = {"cardPrivateData": private}
        if switches.callback_content_is_text:
            content = json.dumps(content, ensure_ascii=False)
        space = {"spaceType": switches.callback_space_type or place.space_type, "spaceId": place.space_id}
        return {
            "type": "actionCallback",
            "outTrackId": card.out_track_id,
            "corpId": self._tenant.company.corp_id,
            "userId": self._viewer_id(card, userid),
            "userIdType": card.user_id_type,
            "extension": "{}",
            **({} if switches.callback_leaves_out_space else space),
            switches.callback_content_key: content,
        }

    def _viewer_id(self, card: CardInstance, userid: str) -> str:
        employee = self._tenant.company.on_dingtalk(userid)
        return employee.union_id if employee and card.user_id_type == 2 else userid

    def _paint(self, card: CardInstance, userid: str, delivery: Delivery) -> Delivery:
        """Apply the answer if it came in time."""
        if not delivery.acked:
            return delivery
        if delivery.took > self._tenant.switches.card_answer_seconds:
            delivery = replace(delivery, late=True)
            self.late_answers.append(delivery)
            if not self._tenant.switches.late_answer_applied:
                return delivery
        change = change_in(delivery.response, userid, self._tenant.defects) if delivery.code == 200 else None
        if change is not None:
            self._cards.change(card, change, "answer")
        return delivery
