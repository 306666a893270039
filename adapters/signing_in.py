"""A vendor's login page: where a browser is sent, and whose account the code proves that it comes back with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from adapters.chat import Profile, Rejected


class NotAMember(Rejected):
    """Somebody is there, but nobody of this company."""

    def __init__(self, code: str = "outsider") -> None:
        super().__init__(code, "not a member of this company")


class BadCode(Rejected):
    """Used before, older than five minutes, or made up."""


class SignIn(Protocol):
    """``name`` is the platform whose accounts it proves, ``title`` what people call it (zh-CN)."""

    name: str
    title: str

    def is_client(self, agent: str) -> bool:
        """Whether a User-Agent is the chat client's own browser, where nobody has to scan anything."""

    def address(self, back: str, state: str, *, inside: bool) -> str:
        """Where the browser goes. ``back`` must be registered with the vendor; ``state`` is letters and digits."""

    def code_in(self, query: Mapping[str, str]) -> str:
        """What the vendor put into the address of the way back; "" where somebody said no."""

    async def who(self, code: str) -> Profile:
        """Raises NotAMember and BadCode, and PlatformError where the vendor can't be asked."""
