"""The parts of dingtalk-stream that we stand on: its frames, acknowledgements and handler types.

Its transport is not used: dingtalk.md §1.10 lists what each version loses. Its logger is told to be
quiet (it writes whole messages), and its handlers are made without their own ``__init__``, which would
hang a second output on the logging tree.
"""

from __future__ import annotations

import logging

from dingtalk_stream.frames import AckMessage, CallbackMessage, EventMessage, Headers, SystemMessage
from dingtalk_stream.handlers import CallbackHandler, EventHandler, SystemHandler

__all__ = [
    "AckMessage",
    "CallbackMessage",
    "EventMessage",
    "Headers",
    "QuietCallbacks",
    "QuietEvents",
    "QuietSystem",
    "SystemMessage",
]

_logger = logging.getLogger("dingtalk_stream")
_logger.setLevel(logging.CRITICAL)
_logger.propagate = False


class _Quiet:
    def __init__(self) -> None:
        self.dingtalk_client = None
        self.logger = _logger


class QuietCallbacks(_Quiet, CallbackHandler):  # type: ignore[misc]
    """As it stands: the answer to a topic that nobody here knows (404)."""


class QuietEvents(_Quiet, EventHandler):  # type: ignore[misc]
    pass


class QuietSystem(_Quiet, SystemHandler):  # type: ignore[misc]
    """As it stands: the echo that a ping wants."""
