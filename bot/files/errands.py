"""The courier's errands that concern files."""

from __future__ import annotations

from dataclasses import dataclass

from bot.files.fetching import Fetching
from bot.files.sending import Sending
from bot.files.telling import Telling


@dataclass(frozen=True)
class FileErrands:
    fetch: Fetching
    tell: Telling
    send: Sending
