"""What crossed the wire, grouped by the act that set it off, for the strip at the bottom of the page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count

from adapters.emulator.playground.showing import Json, shortened
from adapters.emulator.wire import Passed, Wire

_KEPT = 200
_NOISE = (" ping",)  # keep-alives would push everything else out of sight


class WireLog:
    """``tell`` hears of each entry and act; entries belong to the act that was the latest when they passed."""

    def __init__(self, wire: Wire, tell: Callable[[str, Json], None]) -> None:
        self._tell = tell
        self._entries: deque[Json] = deque(maxlen=_KEPT)
        self._ids = count(1)
        self.act: Json = {"act": 0, "label": "启动"}
        for passed in wire:
            self._note(passed)
        wire.on_pass(self._note)

    def begin(self, label: str) -> None:
        self.act = {"act": self.act["act"] + 1, "label": label}
        self._tell("act", self.act)

    def entries(self) -> list[Json]:
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()

    def _note(self, passed: Passed) -> None:
        if passed.what.endswith(_NOISE):
            return
        entry: Json = {
            "id": next(self._ids),
            "act": self.act["act"],
            "at": passed.at.isoformat(),
            "platform": passed.platform,
            "toBot": passed.to_bot,
            "what": passed.what,
            "body": shortened(passed.body),
            "answer": shortened(passed.answer),
        }
        self._entries.append(entry)
        self._tell("wire", entry)
