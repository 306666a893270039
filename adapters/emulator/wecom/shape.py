"""Reading a request body: every value knows its path, and a wrong one refuses the whole call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from adapters.emulator.wecom.refusal import Refusal

INVALID_PARAMETER = 40058


@dataclass(frozen=True)
class Node:
    """One value inside a body. ``errcode`` is what a wrong value below it is refused with; ``report`` hears
    of names that no page knows: Tencent ignores those, but whoever wrote them meant something."""

    value: Any
    path: str
    errcode: int = INVALID_PARAMETER
    report: Callable[[str], None] = lambda _: None

    def refuse(self, why: str, errcode: int = 0) -> Refusal:
        return Refusal(errcode or self.errcode, f"{self.path} {why}. invalid Request Parameter")

    def __contains__(self, name: str) -> bool:
        return self.object().get(name) not in (None, "", [], {})

    def child(self, name: str) -> Node:
        path = f"{self.path}.{name}" if self.path else name
        return Node(self.object().get(name), path, self.errcode, self.report)

    def object(self, *, known: AbstractSet[str] | None = None) -> Mapping[str, Any]:
        if not isinstance(self.value, Mapping):
            raise self.refuse("missing" if self.value is None else "should be an object")
        for name in self.value.keys() - (known if known is not None else self.value.keys()):
            self.report(f"{self.child(name).path} is not in the documents")
        return self.value

    def items(self, least: int, most: int) -> Iterator[Node]:
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            raise self.refuse(f"should be a list of {least} to {most}")
        for index, item in enumerate(self.value):
            yield Node(item, f"{self.path}[{index}]", self.errcode, self.report)

    def text(self, *, most_bytes: int | None = None, missing: int = 0) -> str:
        """A string that must be there; ``missing`` is the errcode when it is not."""
        if self.value is None or self.value == "":
            raise self.refuse("missing", missing)
        return self.text_or_nothing(most_bytes=most_bytes)

    def text_or_nothing(self, *, most_bytes: int | None = None) -> str:
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            raise self.refuse("should be a string")
        if most_bytes is not None and len(self.value.encode()) > most_bytes:
            raise self.refuse(f"exceed max length {most_bytes}")
        return self.value

    def url(self) -> str:
        address = self.text(most_bytes=2048)
        if not address.startswith(("http://", "https://")):
            raise self.refuse("should be a http or https url")
        return address

    def number(self, *allowed: int, default: int | None = None) -> int:
        if self.value is None and default is not None:
            return default
        # bool is an int in Python, but not in Tencent's JSON
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.refuse("should be a number")
        if allowed and self.value not in allowed:
            raise self.refuse(f"should be one of {allowed}")
        return self.value
