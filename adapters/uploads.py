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

    async def once(self, kind: str, file: Parcel, upload: Upload) -> str:
        key = (kind, file.name, hashlib.sha256(file.data).hexdigest())
        if key not in self._ids:
            self._ids[key] = await upload(kind, file.name, file.data)
        while len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return self._ids[key]

    def forget(self, kind: str, file: Parcel) -> None:
        """The platform does not know the id any more."""
        self._ids.pop((kind, file.name, hashlib.sha256(file.data).hexdigest()), None)
