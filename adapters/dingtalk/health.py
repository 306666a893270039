"""How the stream is doing, for ``/readyz``, metrics and the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StreamHealth:
    """``misconfigured`` is the fix in zh-CN, "" while all is well. ``bad_frames`` were no frames of ours."""

    connected: bool
    last_frame_at: datetime | None
    misconfigured: str
    reopens: int
    bad_frames: int = 0
