"""What a card's variables put on the screen: the buttons and form fields that this viewer can use now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.emulator.dingtalk.switches import Switches


@dataclass(frozen=True)
class Button:
    """A button that calls back. Links have none."""

    action: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True)
class FormField:
    name: str
    label: str
    type: str
    required: bool
    options: tuple[tuple[str, str], ...]  # value, text


def buttons_of(view: Mapping[str, str], switches: Switches) -> list[Button]:
    return _builtin_buttons(view, switches) + _group_buttons(view)


def _builtin_buttons(view: Mapping[str, str], switches: Switches) -> list[Button]:
    """``sys_full_json_obj.msgButtons`` of the public templates: ``request: true`` makes a press call back."""
    entries = _table(view.get("sys_full_json_obj")).get("msgButtons")
    if not isinstance(entries, list) or not switches.builtin_calls_back:
        return []
    shown = entries[: switches.builtin_max_buttons or None]
    return [_builtin_button(e, switches) for e in shown if isinstance(e, dict) and e.get("request") is True]


def _builtin_button(entry: Mapping[str, Any], switches: Switches) -> Button:
    action = str(entry.get("id", ""))
    given = entry.get("params")
    params = dict(given) if isinstance(given, dict) else {}
    if switches.builtin_params_carry_id:
        params = {"id": action, "text": entry.get("text", ""), **params}
    return Button(action, str(entry.get("text", "")), params)


def _group_buttons(view: Mapping[str, str]) -> list[Button]:
    """A variable of type ``buttonGroup``; the project's own template calls it ``buttons``."""
    entries = _parsed(view.get("buttons"))
    if not isinstance(entries, list):
        return []
    return [b for b in map(_group_button, entries) if b is not None]


def _group_button(entry: Any) -> Button | None:
    event = entry.get("event") if isinstance(entry, dict) else None
    if not isinstance(event, dict) or event.get("type") != "sendCardRequest":
        return None
    given = event.get("params")
    params = given if isinstance(given, dict) else {}
    return Button(
        action=str(params.get("actionId", "")),
        text=str(entry.get("text", "")),
        params=params.get("params") or {},
        enabled=entry.get("status", "normal") != "disabled",
    )


def form_of(view: Mapping[str, str]) -> list[FormField]:
    """The fields that somebody can fill in; read-only and hidden ones travel along by themselves."""
    fields = _table(view.get("form")).get("fields")
    if not isinstance(fields, list):
        return []
    return [
        _form_field(f) for f in fields if isinstance(f, dict) and not (f.get("hidden") or f.get("readOnly"))
    ]


def fixed_fields(view: Mapping[str, str]) -> dict[str, Any]:
    """Hidden fields carry context: their defaults come back with the rest."""
    fields = _table(view.get("form")).get("fields") or []
    return {f["name"]: f.get("defaultValue", "") for f in fields if f.get("hidden") or f.get("readOnly")}


def _form_field(entry: Mapping[str, Any]) -> FormField:
    options = entry.get("options") or []
    return FormField(
        name=str(entry.get("name", "")),
        label=str(entry.get("label", "")),
        type=str(entry.get("type", "TEXT")),
        required=entry.get("required") is True,
        options=tuple((str(o.get("value", "")), str(o.get("text", ""))) for o in options),
    )


def _table(text: str | None) -> Mapping[str, Any]:
    value = _parsed(text)
    return value if isinstance(value, dict) else {}


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, TypeError):
        return None
