"""Reading the request bodies of the card APIs, with the refusals of the documents (§4.1, 4.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.emulator.dingtalk.calls import Call, Json
from adapters.emulator.dingtalk.cards import Change, Variables
from adapters.emulator.dingtalk.refusals import refuse
from adapters.emulator.dingtalk.tenant import Tenant

_SPACE_PREFIX = "dtv1.card//"
# space type -> (model that must be there at creation, model that says how to deliver)
MODELS: Mapping[str, tuple[str, str]] = {
    "IM_GROUP": ("imGroupOpenSpaceModel", "imGroupOpenDeliverModel"),
    "IM_ROBOT": ("imRobotOpenSpaceModel", "imRobotOpenDeliverModel"),
    "ONE_BOX": ("topOpenSpaceModel", "topOpenDeliverModel"),
}


@dataclass(frozen=True)
class Space:
    type: str
    id: str


def spaces_of(call: Call) -> list[Space]:
    """``dtv1.card//IM_GROUP.cid…;IM_ROBOT.user``"""
    given = call.body.get("openSpaceId")
    if not given:
        raise refuse("param.openSpaceIdEmpty", "openSpaceId 为空")
    if not isinstance(given, str) or not given.startswith(_SPACE_PREFIX):
        raise refuse("param.openSpaceIdInvalid", "openSpaceId 不合法")
    return [_space(part) for part in given.removeprefix(_SPACE_PREFIX).split(";") if part]


def _space(part: str) -> Space:
    kind, _, ident = part.partition(".")
    if kind not in MODELS or not ident:
        raise refuse("param.openSpaceIdInvalid", f"openSpaceId 不合法: {part}")
    return Space(kind, ident)


def space_models(call: Call) -> dict[str, str]:
    """The space types that a model is given for, each with its summary in the list of chats."""
    given = {kind: call.body.get(model) for kind, (model, _) in MODELS.items()}
    return {kind: _summary(model) for kind, model in given.items() if isinstance(model, dict)}


def _summary(model: Json) -> str:
    texts = model.get("lastMessageI18n")
    return str(texts.get("ZH_CN", "")) if isinstance(texts, dict) else ""


def deliver_model(call: Call, space: Space) -> Json:
    name = MODELS[space.type][1]
    model = call.body.get(name)
    if not isinstance(model, dict):
        raise refuse("param.openDeliverModelEmpty", f"{name} 为空")
    if space.type == "IM_GROUP" and not model.get("robotCode"):
        raise refuse("param.openDeliverModelError", f"{name}.robotCode 为空")
    if space.type == "ONE_BOX" and not model.get("expiredTimeMillis"):
        raise refuse("param.openDeliverModelError", f"{name}.expiredTimeMillis 为空")
    return model


def variables(tenant: Tenant, holder: Any) -> Variables | None:
    """The ``cardParamMap`` of ``cardData`` or of one user's private data; None when nothing was sent."""
    if not isinstance(holder, dict) or "cardParamMap" not in holder:
        return None
    given = holder["cardParamMap"]
    if not isinstance(given, dict):
        raise refuse("param.invalid", "cardParamMap 不合法")
    return {name: _value(tenant, name, value) for name, value in given.items()}


def _value(tenant: Tenant, name: str, value: Any) -> str:
    if not isinstance(value, str):
        if tenant.switches.strings_only:
            raise refuse("MissingStringValue", f"cardParamMap.{name} must be a string")
        value = json.dumps(value, ensure_ascii=False)
    most = tenant.switches.card_value_bytes
    if most and len(value.encode()) > most:
        raise refuse("param.invalid", f"cardParamMap.{name} content is too large")
    return str(value)


def private_variables(tenant: Tenant, given: Any, user_id_type: int) -> dict[str, Variables] | None:
    if not isinstance(given, dict):
        return None
    people: dict[str, Variables] = {}
    for user, holder in given.items():
        people[tenant.userid_of(user, user_id_type)] = variables(tenant, holder) or {}
    return people


def change_of(call: Call, tenant: Tenant, user_id_type: int) -> Change:
    options = call.table("cardUpdateOptions")
    replaces = tenant.switches.update_replaces
    return Change(
        public=variables(tenant, call.body.get("cardData")),
        private=private_variables(tenant, call.body.get("privateData"), user_id_type),
        public_by_key=options.get("updateCardDataByKey") is True or not replaces,
        private_by_key=options.get("updatePrivateDataByKey") is True or not replaces,
    )


def user_id_type_of(call: Call) -> int:
    value = call.body.get("userIdType", 1)
    if value not in (1, 2):
        raise refuse("param.invalid", "userIdType 不合法")
    return int(value)
