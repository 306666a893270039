"""Passive answers: the XML that goes back inside the callback's own response (document 90241)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.fit import cut_bytes
from adapters.wecom.app import WeComApp
from adapters.wecom.render import MAX_TEXT_BYTES
from adapters.wecom.wording import cdata, literal

# The elements are the camel case of the JSON names, except for these.
_ODD_NAMES: Mapping[str, str] = {"keyname": "KeyName", "userid": "UserId", "checkbox": "CheckBox"}


def text_answer(app: WeComApp, to: str, text: str, *, now: datetime) -> str:
    content = cut_bytes(literal(text), MAX_TEXT_BYTES)
    return _answer(app, to, "text", f"<Content>{cdata(content)}</Content>", now)


def card_answer(app: WeComApp, to: str, card: Mapping[str, Any], *, now: datetime) -> str:
    """``card`` is a rendered update. It repaints the pressed copy for the presser alone."""
    body = f"<TemplateCard>{''.join(_elements(card))}</TemplateCard>"
    return _answer(app, to, "update_template_card", body, now)


def _answer(app: WeComApp, to: str, kind: str, body: str, now: datetime) -> str:
    return (
        f"<xml><ToUserName>{cdata(to)}</ToUserName><FromUserName>{cdata(app.corp_id)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType>{cdata(kind)}</MsgType>{body}</xml>"
    )


def _elements(values: Mapping[str, Any]) -> Iterable[str]:
    """Lists have no element of their own: their entries are repeated under the list's name."""
    for name, value in values.items():
        tag = _ODD_NAMES.get(name) or "".join(word.capitalize() for word in name.split("_"))
        for entry in value if isinstance(value, list) else [value]:
            yield f"<{tag}>{_content(entry)}</{tag}>"


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    return str(value) if isinstance(value, int) else cdata(str(value))
