"""One line per thing that happened, as event and fields. No message bodies, tokens or phone numbers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from bot.redaction import Redaction

_SECRET = ("secret", "token", "key", "password", "response_code")
# These tell rows, frames and addresses with tickets in them, or that a second has passed.
_TALKATIVE = ("aiosqlite", "sqlalchemy", "alembic", "dingtalk_stream", "apscheduler")

_BEGINNING: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# One for the process, as logging is.
_redaction = Redaction()


def set_up_logs(*, json: bool, level: str = "info") -> None:
    """``json`` for machines; else readable lines on a terminal. Goes to stderr: stdout belongs to answers."""
    wanted = logging.getLevelNamesMapping()[level.upper()]
    ending: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        _redacted,
    ]
    _set_up_libraries(wanted, ending)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_BEGINNING, _masked, *ending],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(wanted),
        cache_logger_on_first_use=True,
    )


def set_up_logs_of_a_command() -> None:
    """A command speaks for itself, so only errors; where it runs inside a program that has logs, they stay."""
    if not structlog.is_configured():
        set_up_logs(json=False, level="error")


def keep_out_of_logs(secrets: Iterable[str]) -> None:
    _redaction.learn(secrets)


def keep_token_out_of_logs(token: str) -> None:
    _redaction.learn_for_a_while(token)


def forget_secrets() -> None:
    """For tests, of which each has its own."""
    _redaction.forget()


def _set_up_libraries(level: int, ending: list[Processor]) -> None:
    """What libraries say, in lines like ours: from warnings on, or everything when we say everything."""
    handler = logging.StreamHandler(sys.stderr)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_BEGINNING, structlog.stdlib.add_logger_name], processors=[meta, *ending]
        )
    )
    logging.basicConfig(handlers=[handler], level=level if level <= logging.DEBUG else logging.WARNING)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A field that is called like a secret is never written."""
    for name in event:
        if any(name == word or name.endswith(f"_{word}") for word in _SECRET):
            event[name] = "***"
    return event


def _redacted(_logger: Any, _name: str, line: Any) -> str:
    """Last line of defence: what became part of a text or a traceback."""
    return _redaction(line)
