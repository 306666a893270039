"""One line per thing that happened, as event and fields. No message bodies, tokens or phone numbers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET = ("secret", "token", "key", "password", "code")


def set_up_logs(*, json: bool) -> None:
    """``json`` for machines; else readable lines on a terminal. Goes to stderr: stdout belongs to answers."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _masked,
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Last line of defence: a field that is called like a secret is never written."""
    for name in event:
        if any(name == word or name.endswith(f"_{word}") for word in _SECRET):
            event[name] = "***"
    return event
