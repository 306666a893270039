"""What goes wrong on the way: refusals, broken gateways, lost answers, cut connections, slowness."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum

from adapters.emulator.spoiling import Spoils

ANY_PATH = "*"


class Kind(Enum):
    ERRCODE = "errcode"  # refused, nothing done
    BAD_GATEWAY = "bad_gateway"  # HTML with status 502, nothing done
    RESET_BEFORE = "reset_before"  # connection cut, nothing done
    RESET_AFTER = "reset_after"  # done, then the connection is cut
    LOST_ANSWER = "lost_answer"  # done, but the answer never comes

    @property
    def after_the_work(self) -> bool:
        return self in (Kind.RESET_AFTER, Kind.LOST_ANSWER)


@dataclass(frozen=True)
class Fault:
    kind: Kind
    errcode: int = 0


class Faults:
    """A queue per path: "message/send", with or without /cgi-bin/ before it; "*" is any path."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._delays: dict[str, float] = {}
        self.files = Spoils()

    def fail(self, path: str, errcode: int, times: int = 1) -> None:
        self.add(path, Fault(Kind.ERRCODE, errcode), times)

    def bad_gateway(self, path: str, times: int = 1) -> None:
        self.add(path, Fault(Kind.BAD_GATEWAY), times)

    def lose_answer(self, path: str, times: int = 1) -> None:
        self.add(path, Fault(Kind.LOST_ANSWER), times)

    def reset_before(self, path: str, times: int = 1) -> None:
        self.add(path, Fault(Kind.RESET_BEFORE), times)

    def reset_after(self, path: str, times: int = 1) -> None:
        self.add(path, Fault(Kind.RESET_AFTER), times)

    def add(self, path: str, fault: Fault, times: int = 1) -> None:
        self._waiting[_short(path)].extend([fault] * times)

    def delay(self, path: str, seconds: float) -> None:
        """Every call of ``path`` takes that long (real time) until set to 0."""
        self._delays[_short(path)] = seconds

    def clear(self) -> None:
        self._waiting.clear()
        self._delays.clear()
        self.files.clear()

    def take(self, path: str) -> Fault | None:
        for key in (_short(path), ANY_PATH):
            if self._waiting[key]:
                return self._waiting[key].popleft()
        return None

    def delay_of(self, path: str) -> float:
        return self._delays.get(_short(path), self._delays.get(ANY_PATH, 0.0))


def _short(path: str) -> str:
    return path.removeprefix("/").removeprefix("cgi-bin/")
