"""No secret gets into a line of the log, whoever wrote it.

Known by value: everything that the configuration calls secret, and the tokens that platforms give us. By place: the
parameters of an address that carry one, because an address may come from a library's error text.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from pydantic import BaseModel, SecretStr

from adapters.ports import Token, TokenLike, Tokens

STARS = "***"
_NEWEST = 64  # tokens
_SHORTEST = 6  # of what is hidden by value: hiding "ab" everywhere would leave no readable line
_IN_ADDRESS = re.compile(
    r"(?i)([?&](?:access_token|corpsecret|appsecret|appkey|key|ticket|code|sig|sign|signature|msg_signature|session)=)"
    r"[^&\s\"'<>)\]]+"
)
_PASSWORD = re.compile(r"(://[^:/@\s]+:)[^@\s/]+(@)")


class Redaction:
    def __init__(self) -> None:
        self._lasting: set[str] = set()
        self._passing: deque[str] = deque(maxlen=_NEWEST)
        self._longest_first: Sequence[str] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        """Hidden from now on."""
        self._lasting.update(secret for secret in secrets if len(secret) >= _SHORTEST)
        self._sort()

    def learn_for_a_while(self, token: str) -> None:
        """Hidden until many more have been learnt: a token is good for two hours."""
        if token not in self._passing:
            self._passing.append(token)
            self._sort()

    def forget(self) -> None:
        self._lasting.clear()
        self._passing.clear()
        self._sort()

    def _sort(self) -> None:
        self._longest_first = sorted({*self._lasting, *self._passing}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._longest_first:
            text = text.replace(secret, STARS)
        return _PASSWORD.sub(rf"\1{STARS}\2", _IN_ADDRESS.sub(rf"\1{STARS}", text))


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """Values of all keys that the configuration declares secret."""
    for name in type(settings).model_fields:
        yield from _secrets_of(getattr(settings, name))


def _secrets_of(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        whole = value.get_secret_value()
        yield from filter(None, (whole, whole.rpartition(":")[2]))  # "kid:base64": the name is no secret
    elif isinstance(value, BaseModel):
        yield from secrets_in(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets_of(one)


class QuietTokens:
    """A store of tokens that get into no log."""

    def __init__(self, store: Tokens, learn: Callable[[str], None]) -> None:
        self._store = store
        self._learn = learn

    async def load(self, name: str) -> TokenLike | None:
        token = await self._store.load(name)
        if token is not None:
            self._learn(token.value)
        return token

    def refreshing(self, name: str) -> AbstractAsyncContextManager[None]:
        return self._store.refreshing(name)

    async def may_force(self, name: str, now: datetime) -> bool:
        return await self._store.may_force(name, now)

    async def save(self, name: str, token: Token) -> None:
        self._learn(token.value)
        await self._store.save(name, token)
