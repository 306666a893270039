"""A file into settings, or all its mistakes in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.settings.checking import cross_check
from bot.settings.problems import Problem
from bot.settings.settings import PREFIX, Settings


class BadSettings(Exception):
    """``problems`` holds all of them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(path: str | None = None) -> Settings:
    """The settings of ``path`` (else ``$PAIDAN_CONFIG``, else config.toml). Raises BadSettings."""
    if path is not None:
        os.environ[f"{PREFIX}CONFIG"] = path
    chosen = Path(os.environ.get(f"{PREFIX}CONFIG", "config.toml"))
    if path is not None and not chosen.is_file():
        raise BadSettings((Problem(str(chosen), "找不到这个配置文件"),))
    try:
        settings = Settings()
    except ValidationError as error:
        raise BadSettings(tuple(in_words(error))) from error
    except ValueError as error:  # TOML syntax, or JSON in an environment variable
        raise BadSettings((Problem(str(chosen), f"读不懂：{error}"),)) from error
    except OSError as error:
        raise BadSettings((Problem(str(error.filename), "读不到这个文件"),)) from error
    problems = tuple(cross_check(settings))
    if problems:
        raise BadSettings(problems)
    return settings


def in_words(error: ValidationError) -> Iterator[Problem]:
    for item in error.errors(include_url=False, include_input=False):
        path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in item["loc"]).lstrip(".")
        yield Problem(path, _WORDS.get(item["type"], "{msg}").format(msg=item["msg"], **item.get("ctx", {})))


_WORDS: Mapping[str, str] = {
    "extra_forbidden": "没有这个配置项，是不是拼错了",
    "missing": "缺少这一项",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "格式不对，应符合 {pattern}",
    "tuple_type": "应写成列表 […]",
    "dict_type": "应写成 {{ … = … }}",
    "date_type": "日期请写成 2026-01-04",
    "date_parsing": "日期请写成 2026-01-04",
    "date_from_datetime_parsing": "没有这一天，日期请写成 2026-01-04",
    "date_from_datetime_inexact": "日期请写成 2026-01-04",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "float_parsing": "应为小数",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "value_error": "{error}",
}
