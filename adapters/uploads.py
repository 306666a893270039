"""Media ids of what was uploaded lately: several readers of a file, and repeats of a send, cost one upload."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from adapters.chat import Parcel

Upload = Callable[[str, str, bytes], Awaitable[str]]  # kind, name, bytes -> media id
# WeCom's live three days; a process that has remembered this many has turned them over before that.
_REMEMBERED = 200


class Uploads:
    def __init__(self) -> None:
        self._ids: OrderedDict[tuple[str, str, str], str] = OrderedDict()

    async def once(self, kind: str, file: Parcel, upload: Upload, *, send: str = "") -> str:
        """``send`` tells sends apart where the same id twice would be taken for a repeat."""
        key = _key(kind, file, send)
        if key not in self._ids:
            self._ids[key] = await upload(kind, file.name, file.data)
        while len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return self._ids[key]

    def forget(self, kind: str, file: Parcel, *, send: str = "") -> None:
        """The platform does not know the id any more."""
        self._ids.pop(_key(kind, file, send), None)


def _key(kind: str, file: Parcel, send: str) -> tuple[str, str, str]:
    return kind, file.name, f"{hashlib.sha256(file.data).hexdigest()}:{send}"
