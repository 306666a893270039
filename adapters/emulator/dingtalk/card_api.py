"""The card APIs: create, deliver, update, stream, take down (§4.1 to 4.4, 4.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.emulator.dingtalk.calls import Api, Call, Json
from adapters.emulator.dingtalk.card_fields import (
    Space,
    change_of,
    deliver_model,
    private_variables,
    space_models,
    spaces_of,
    user_id_type_of,
    variables,
)
from adapters.emulator.dingtalk.cards import CardInstance, Cards, Change, Place, new_carrier
from adapters.emulator.dingtalk.rate import Rate
from adapters.emulator.dingtalk.refusals import refuse
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.wecom.loopback import NotLoopback, require_loopback_url

SCOPE = "Card.Instance.Write"
STREAMING_SCOPE = "Card.Streaming.Write"

PUBLIC_TEMPLATES = (
    "589420e2-c1e2-46ef-a5ed-b8728e654da9.schema",  # markdown
    "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema",  # markdown and buttons
    "382e4302-551d-4880-bf29-a30acfab2e71.schema",  # AI markdown, carousel
    "7f538f6d-ebb7-4533-a9ac-61a32da094cf.schema",  # RPA plugin
    "d28e2ac5-fb34-4d93-94bc-cf5c580c2d4f.schema",  # markdown of graph.py
)


@dataclass(frozen=True)
class Route:
    """Where callbacks of HTTP cards go."""

    url: str
    secret: str


class CardApi:
    def __init__(self, tenant: Tenant, cards: Cards) -> None:
        self._tenant = tenant
        self._cards = cards
        self.templates: dict[str, bool] = dict.fromkeys(PUBLIC_TEMPLATES, True)  # id -> published
        self.routes: dict[str, Route] = {}
        self._rate = Rate()
        self.pressing: set[str] = set()  # cards whose callback is being answered

    def apis(self) -> list[Api]:
        return [
            Api("POST", "/v1.0/card/instances/createAndDeliver", self._create_and_deliver, scope=SCOPE),
            Api("POST", "/v1.0/card/instances", self._create_only, scope=SCOPE),
            Api("PUT", "/v1.0/card/instances", self._update, scope=SCOPE),
            Api("POST", "/v1.0/card/instances/deliver", self._deliver_only, scope=SCOPE),
            Api("PUT", "/v1.0/card/instances/spaces", self._add_spaces, scope=SCOPE),
            Api("POST", "/v1.0/card/callbacks/register", self._register, scope=SCOPE),
            Api("PUT", "/v1.0/card/streaming", self._stream, scope=STREAMING_SCOPE),
            Api("POST", "/v1.0/card/tops/close", self._close_top, scope=SCOPE),
        ]

    # ── creating ────────────────────────────────────────────────────────────────────────────────

    def _create_and_deliver(self, call: Call) -> Json:
        spaces = spaces_of(call)
        for space in spaces:
            if space.type not in space_models(call):
                raise refuse("param.openSpaceModelInvalid", f"缺少 {space.type} 的场域模型")
            deliver_model(call, space)
        card = self._create(call)
        results = [self._deliver(call, card, space) for space in spaces]
        return {"success": True, "result": {"outTrackId": card.out_track_id, "deliverResults": results}}

    def _create_only(self, call: Call) -> Json:
        return {"success": True, "result": self._create(call).out_track_id}

    def _create(self, call: Call) -> CardInstance:
        out_track_id = call.maybe("outTrackId")
        if not out_track_id:
            raise refuse("param.outTrackIdEmpty", "outTrackId 为空")
        self._check_template(call)
        known = self._cards.find(out_track_id)
        if known is None:
            return self._new(call, out_track_id)
        if self._tenant.switches.duplicate_card_refused:
            raise refuse("param.cardAlreadyExist", "卡片已存在")
        return known

    def _new(self, call: Call, out_track_id: str) -> CardInstance:
        public = variables(self._tenant, call.body.get("cardData"))
        if public is None:
            raise refuse("param.cardPublicDataEmpty", "cardData 为空")
        user_id_type = user_id_type_of(call)
        card = CardInstance(
            out_track_id,
            call.maybe("cardTemplateId"),
            public,
            private_variables(self._tenant, call.body.get("privateData"), user_id_type) or {},
            callback_type=call.maybe("callbackType"),
            callback_route=call.maybe("callbackRouteKey"),
            user_id_type=user_id_type,
            spaces=space_models(call),
            text_mentions=tuple(
                self._tenant.userid_of(u, user_id_type) for u in call.body.get("cardAtUserIds") or ()
            ),
        )
        self._cards.add(card)
        return card

    def _check_template(self, call: Call) -> None:
        template = call.maybe("cardTemplateId")
        if not template:
            raise refuse("param.cardTemplateIdEmpty", "cardTemplateId 为空")
        if self._tenant.switches.any_template:
            return
        if template not in self.templates:
            raise refuse("param.templateNotExist", "卡片模板不存在")
        if not self.templates[template] and not self._tenant.switches.unpublished_templates_work:
            raise refuse("param.templateUnpublished", "卡片模板未发布")

    # ── delivering ──────────────────────────────────────────────────────────────────────────────

    def _deliver_only(self, call: Call) -> Json:
        card = self._known(call)
        results = []
        for space in spaces_of(call):
            if space.type not in card.spaces:
                raise refuse("param.openSpaceModelInvalid", f"缺少 {space.type} 的场域模型")
            results.append(self._deliver(call, card, space))
        return {"success": True, "result": results}

    def _deliver(self, call: Call, card: CardInstance, space: Space) -> Json:
        model = deliver_model(call, space)
        userid_type = user_id_type_of(call)
        target = self._tenant.userid_of(space.id, userid_type) if space.type == "IM_ROBOT" else space.id
        fault = self._cannot_deliver(space.type, target, model)
        carrier = "" if fault else new_carrier()
        if not fault:
            self._place(card, Space(space.type, target), carrier, model, userid_type)
        return {
            "spaceType": space.type, "spaceId": space.id, "success": not fault,
            "carrierId": carrier, "errorMsg": fault,
        }  # fmt: skip

    def _place(self, card: CardInstance, space: Space, carrier: str, model: Json, user_id_type: int) -> None:
        recipients = model.get("recipients") or model.get("userIds") or ()
        people = frozenset(self._tenant.userid_of(u, user_id_type) for u in recipients)
        group = self._tenant.group(space.id)
        place = Place(space.type, space.id, carrier, people, frozenset(group.members if group else ()))
        self._cards.deliver(card, place, self._mentions(space, model, user_id_type))
        self._tenant.note_sent("card", (space.id,), {"outTrackId": card.out_track_id})

    def _mentions(self, space: Space, model: Json, user_id_type: int) -> tuple[str, ...]:
        at = model.get("atUserIds")
        group = self._tenant.group(space.id)
        if not isinstance(at, dict) or group is None:
            return ()
        if "@ALL" in at:
            return ("@all",)
        users = (self._tenant.userid_of(u, user_id_type) for u in at)
        return tuple(u for u in users if u in group.members)

    def _cannot_deliver(self, space_type: str, target: str, model: Json) -> str:
        """HTTP 200 does not mean delivered (§4.1): the reason, or an empty text."""
        if model.get("robotCode", self._tenant.app.robot_code) != self._tenant.app.robot_code:
            return "robotCode not exist"
        if space_type == "IM_ROBOT":
            return "" if self._tenant.reaches(target) else "user not exist or not in the scope of the app"
        group = self._tenant.group(target)
        if group is None or target in self._tenant.disbanded:
            return "conversation not exist"
        return "" if group.robot_inside else "robot is not in the conversation"

    def _add_spaces(self, call: Call) -> Json:
        self._known(call).spaces.update(space_models(call))
        return {"success": True, "result": True}

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    def _update(self, call: Call) -> Json:
        card = self._updatable(call)
        if card.out_track_id in self.pressing and self._tenant.switches.answer_during_put_is_defect:
            self._tenant.defects.append(f"update API used during the callback of {card.out_track_id}")
        self._cards.change(card, change_of(call, self._tenant, user_id_type_of(call)), "update")
        return {"success": True, "result": True}

    def _stream(self, call: Call) -> Json:
        for name in ("guid", "key", "content"):
            if call.body.get(name) in (None, ""):
                raise refuse(f"param.stream.{name}Empty", f"{name} 为空")
        card = self._cards.find(call.maybe("outTrackId"))
        if card is None:
            raise refuse("param.stream.outTrackId", "card is not exist")
        key, content = call.text("key"), call.text("content")
        whole = content if call.body.get("isFull") else card.public.get(key, "") + content
        self._cards.change(card, Change({key: whole}, None, True, True), "stream")
        return {"success": True, "result": True}

    def _close_top(self, call: Call) -> Json:
        card = self._cards.find(call.query.get("outTrackId", call.maybe("outTrackId")))
        if card is None:
            raise refuse("param.cardNotExist", "卡片不存在")
        conversation: Any = call.query.get("openConversationId", call.maybe("openConversationId"))
        self._cards.close(card, str(conversation))
        return {"success": True, "result": True}

    def _register(self, call: Call) -> Json:
        key, url = call.text("callbackRouteKey"), call.text("callbackUrl")
        if not _is_here(url):
            raise refuse("param.invalid", "the emulator calls nothing but this machine")
        if key in self.routes and not call.body.get("forceUpdate"):
            raise refuse("param.invalid", "callbackRouteKey 已存在")
        self.routes[key] = Route(url, call.maybe("apiSecret"))
        return {"success": True, "result": {"callbackUrl": url, "apiSecret": self.routes[key].secret}}

    def _updatable(self, call: Call) -> CardInstance:
        card, switches, now = self._known(call), self._tenant.switches, self._tenant.now()
        life = switches.card_life_seconds
        if life and now - card.history[0].at >= timedelta(seconds=life):
            raise refuse("param.cardNotExist", "卡片已过期")
        if not self._rate.admits(card.out_track_id, switches.card_updates_per_second, now):
            raise refuse("Forbidden.AccessDenied.QpsLimitForApi", "卡片更新过于频繁", status=403)
        return card

    def _known(self, call: Call) -> CardInstance:
        out_track_id = call.maybe("outTrackId")
        if not out_track_id:
            raise refuse("param.outTrackIdEmpty", "outTrackId 为空")
        card = self._cards.find(out_track_id)
        if card is None:
            raise refuse("param.cardNotExist", "卡片不存在")
        return card


def _is_here(url: str) -> bool:
    try:
        require_loopback_url(url)
    except NotLoopback:
        return False
    return True
