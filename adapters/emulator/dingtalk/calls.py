"""One API as a row of a table, and one call to it as its handler sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.emulator.dingtalk.refusals import Family, refuse

Json = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    name: str
    content: bytes


@dataclass(frozen=True)
class Call:
    path: str
    raw: bytes
    remote: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    parts: Mapping[str, str]  # what the path's placeholders stand for
    body: Json = field(default_factory=dict)
    form: Mapping[str, str | Upload] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The old host reads the address, the new one a header."""
        return self.query.get("access_token") or self.headers.get("x-acs-dingtalk-access-token", "")

    def need(self, name: str) -> Any:
        """A body field that the gateway itself insists on."""
        if self.body.get(name) is None:
            raise refuse(f"Missing{name}", f"{name} is mandatory for this action.")
        return self.body[name]

    def text(self, name: str) -> str:
        value = self.need(name)
        if not isinstance(value, str):
            raise refuse("Invalidbody", f"{name} must be a string")
        return value

    def maybe(self, name: str) -> str:
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def table(self, name: str) -> Json:
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}


Handler = Callable[[Call], "Json | web.Response"]


@dataclass(frozen=True)
class Api:
    method: str
    path: str
    handler: Handler
    family: Family = Family.NEW
    scope: str = ""
    metered: bool = True
    token: bool = True

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def json_body(raw: bytes, family: Family) -> Json:
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    if family is Family.NEW:
        raise refuse("Invalidbody", "body is not a JSON object")
    return {}
