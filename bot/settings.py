"""config.toml into small typed sections. Every mistake is found at once, with its path.

Precedence: ``PAIDAN_<SECTION>__<KEY>`` in the environment, then ``PAIDAN_<SECTION>__<KEY>_FILE`` (a file that
holds a secret), then the TOML file, then the defaults here.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.dispatching import check_dispatch
from bot.rostering import check_rosters
from domain.base import Account, Conversation, Role
from domain.duty.roster import Turn
from domain.people.people import OFFER_FOR, Strategy
from domain.sla.days import CompanyDays
from domain.sla.week import BadCalendar, Mistake, read_week

PREFIX = "PAIDAN_"
TEN_YEARS = timedelta(days=3650)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(value: object) -> timedelta:
    """「30m」「4h」「3d」「10s」, also joined: 「1h30m」. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"(?:\d+[smhd])+", value):
        raise ValueError("时长请写成 10s、30m、4h 或 3d")
    try:
        return timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([smhd])", value)))
    except OverflowError:
        raise ValueError("时长太长") from None


def parse_channel(value: object) -> Conversation:
    """「dingtalk:cid…」「wecom-webhook:NAME」「wecom-aibot:CHATID」. Raises ValueError."""
    if isinstance(value, Conversation):
        return value
    platform, colon, key = str(value).partition(":")
    if not colon or not key or platform not in CHANNEL_DOORS:
        doors = "、".join(f"{door}:…" for door in CHANNEL_DOORS)
        raise ValueError(f"群请写成 {doors}")
    return Conversation(platform, "group", key)


PLATFORMS = frozenset({"wecom", "dingtalk"})
CHANNEL_DOORS = ("dingtalk", "dingtalk-webhook", "wecom-webhook", "wecom-aibot")
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Channel = Annotated[Conversation, BeforeValidator(parse_channel)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()


class Storage(Section):
    url: str = "sqlite:///data/paidan.db"
    files: str = "data/files"
    spool: str = "data/spool"
    encryption_keys: tuple[SecretStr, ...] = ()


class WeComAppSection(Section):
    agent_id: int
    secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr


class WeComBotSection(Section):
    bot_id: str
    secret: SecretStr
    name: str = ""
    ws_url: str = "wss://openws.work.weixin.qq.com"


class WeComWebhookSection(Section):
    name: str
    key: SecretStr
    base: str = "https://qyapi.weixin.qq.com"


class WeComSection(Section):
    corp_id: str
    api_base: str = "https://qyapi.weixin.qq.com"
    app: WeComAppSection | None = None
    aibot: WeComBotSection | None = None
    webhooks: tuple[WeComWebhookSection, ...] = ()


class DingTalkWebhookSection(Section):
    name: str
    access_token: SecretStr
    secret: SecretStr = SecretStr("")


class DingTalkSection(Section):
    client_id: str
    client_secret: SecretStr
    robot_code: str = ""
    corp_id: str = ""
    edition: Literal["standard", "professional", "exclusive"] = "standard"
    card: str = "builtin"
    api_base: str = "https://api.dingtalk.com"
    oapi_base: str = "https://oapi.dingtalk.com"
    login_base: str = "https://login.dingtalk.com"
    webhooks: tuple[DingTalkWebhookSection, ...] = ()


class PersonSection(Section):
    name: str = Field(min_length=1)
    wecom: str = ""
    dingtalk: str = ""
    roles: tuple[Role, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def accounts(self) -> tuple[Account, ...]:
        both = (Account("wecom", self.wecom), Account("dingtalk", self.dingtalk))
        return tuple(account for account in both if account.user_id)


class CategorySection(Section):
    name: str = Field(min_length=1)
    keywords: tuple[str, ...] = ()
    skill: str = ""


class DeskSection(Section):
    key: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    name: str = Field(min_length=1)
    prefix: str = Field(pattern=r"^[A-Z]{1,8}$")
    lead: str = ""
    members: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    sla: str = ""
    keywords: tuple[str, ...] = ()
    dispatch: Strategy = Strategy.MANUAL
    offer_for: Duration = Field(OFFER_FOR, ge=timedelta(seconds=30), le=timedelta(days=1))
    categories: tuple[CategorySection, ...] = ()


class DispatchSection(Section):
    """The first rule that fits a new ticket decides; ``when`` is a tree for ``domain.dispatch.reading``."""

    name: str = ""
    when: dict[str, Any] = Field(default_factory=dict)
    to_desk: str = ""
    strategy: Strategy | None = None


class TargetSection(Section):
    respond: Duration | None = None
    resolve: Duration | None = None


class SlaSection(Section):
    name: str
    calendar: str = ""
    warn_at: float = Field(0.8, gt=0, lt=1)
    P1: TargetSection | None = None
    P2: TargetSection | None = None
    P3: TargetSection | None = None
    P4: TargetSection | None = None
    ladder: tuple[Duration, ...] = ()


class CalendarSection(Section):
    name: str = Field(min_length=1)
    zone: str = "Asia/Shanghai"
    holidays: Literal["CN", "none"] = "CN"
    spans: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    extra_work: tuple[date, ...] = ()
    extra_free: tuple[date, ...] = ()


def parse_clock(value: object) -> time:
    """「09:00」, also as TOML's own time. Raises ValueError."""
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"没有「{value}」这个时间，请写成 09:00") from None


Clock = Annotated[time, BeforeValidator(parse_clock)]


class RosterSection(Section):
    """People take turns from ``start`` on. Several of one desk share the day; ``until`` is when each ends."""

    desk: str
    kind: Turn = Turn.DAILY
    people: tuple[str, ...] = ()
    start: date
    handover: Clock = time(9)
    until: Clock | None = None
    full: bool = True


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: Server = Server()
    storage: Storage = Storage()
    wecom: WeComSection | None = None
    dingtalk: DingTalkSection | None = None
    people: tuple[PersonSection, ...] = ()
    desks: tuple[DeskSection, ...] = ()
    dispatch: tuple[DispatchSection, ...] = ()
    sla: tuple[SlaSection, ...] = ()
    calendars: tuple[CalendarSection, ...] = ()
    rosters: tuple[RosterSection, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The path travels in the environment variable that the contract names: the source is class-level.
        path = os.environ.get(f"{PREFIX}CONFIG", "config.toml")
        return (
            init_settings,
            env_settings,
            SecretFiles(settings_cls),
            TomlConfigSettingsSource(settings_cls, Path(path)),
        )


class SecretFiles(PydanticBaseSettingsSource):
    """``PAIDAN_WECOM__APP__SECRET_FILE=/run/secrets/x``: the key's value is the file's content."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, path in os.environ.items():
            if name.startswith(PREFIX) and name.endswith("_FILE"):
                keys = name.removeprefix(PREFIX).removesuffix("_FILE").lower().split("__")
                _put(found, keys, Path(path).read_text(encoding="utf-8").strip())
        return found


@dataclass(frozen=True)
class Problem:
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}：{self.text}"


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
        raise BadSettings(tuple(_in_words(error))) from error
    except ValueError as error:  # TOML syntax, or JSON in an environment variable
        raise BadSettings((Problem(str(chosen), f"读不懂：{error}"),)) from error
    except OSError as error:
        raise BadSettings((Problem(str(error.filename), "读不到这个文件"),)) from error
    problems = tuple(cross_check(settings))
    if problems:
        raise BadSettings(problems)
    return settings


def cross_check(settings: Settings) -> Iterator[Problem]:
    """What no single value shows: references, duplicates, sections that need each other."""
    yield from _duplicates("people", [p.name for p in settings.people], "姓名")
    for platform in ("wecom", "dingtalk"):
        ids = [getattr(p, platform).casefold() for p in settings.people if getattr(p, platform)]
        yield from _duplicates("people", ids, f"{platform} 账号")
    yield from _duplicates("desks", [d.key for d in settings.desks], "key")
    yield from _duplicates("desks", [d.name for d in settings.desks], "name")
    yield from _duplicates("desks", [d.prefix for d in settings.desks], "prefix")
    yield from _duplicates("sla", [s.name for s in settings.sla], "name")
    yield from _duplicates("calendars", [c.name for c in settings.calendars], "name")
    for index, desk in enumerate(settings.desks):
        yield from _check_desk(f"desks[{index}]", desk, settings)
    yield from (Problem(m.path, m.reason) for m in check_dispatch(settings, PLATFORMS))
    for index, sla in enumerate(settings.sla):
        yield from _check_sla(f"sla[{index}]", sla, settings)
    for index, calendar in enumerate(settings.calendars):
        yield from _check_calendar(f"calendars[{index}]", calendar)
    yield from (Problem(path, reason) for path, reason in check_rosters(settings))
    if settings.wecom and settings.wecom.app:
        yield from _check_aes_key(settings.wecom.app.encoding_aes_key.get_secret_value())
    for index, pair in enumerate(settings.storage.encryption_keys):
        yield from _check_encryption_key(f"storage.encryption_keys[{index}]", pair.get_secret_value())


def _check_desk(path: str, desk: DeskSection, settings: Settings) -> Iterator[Problem]:
    names = {person.name for person in settings.people}
    for name in (*desk.members, *([desk.lead] if desk.lead else [])):
        if name not in names:
            yield Problem(path, f"「{name}」不在 [[people]] 里")
    if not desk.members and not desk.lead:
        yield Problem(path, "没有成员也没有组长，工单会没有人接")
    if desk.sla and desk.sla not in {sla.name for sla in settings.sla}:
        yield Problem(f"{path}.sla", f"没有名为「{desk.sla}」的 [[sla]]")
    known = {
        "wecom-webhook": {w.name for w in settings.wecom.webhooks} if settings.wecom else set(),
        "dingtalk-webhook": {w.name for w in settings.dingtalk.webhooks} if settings.dingtalk else set(),
    }
    for channel in desk.channels:
        if channel.platform in known and channel.key not in known[channel.platform]:
            yield Problem(f"{path}.channels", f"没有名为「{channel.key}」的群机器人（{channel.platform}）")
        if channel.platform == "dingtalk" and settings.dingtalk is None:
            yield Problem(f"{path}.channels", "用了钉钉群，但没有 [dingtalk] 一节")


def _check_sla(path: str, sla: SlaSection, settings: Settings) -> Iterator[Problem]:
    if not any((sla.P1, sla.P2, sla.P3, sla.P4)):
        yield Problem(path, "没有任何优先级的时限（P1…P4）")
    if list(sla.ladder) != sorted(sla.ladder):
        yield Problem(f"{path}.ladder", "升级间隔必须从小到大")
    named = {c.name: c for c in settings.calendars}
    if sla.calendar and sla.calendar not in named:
        yield Problem(f"{path}.calendar", f"没有名为「{sla.calendar}」的 [[calendars]]")
        return
    longest = TEN_YEARS * (_share_that_counts(named[sla.calendar]) if sla.calendar else 1)
    for priority in ("P1", "P2", "P3", "P4"):
        target: TargetSection = getattr(sla, priority) or TargetSection()
        for goal in ("respond", "resolve"):
            if (getattr(target, goal) or timedelta()) > longest:
                yield Problem(f"{path}.{priority}.{goal}", "时限太长，十年内都不会到期")


def _share_that_counts(calendar: CalendarSection) -> float:
    try:
        return read_week(calendar.spans).total / timedelta(days=7)
    except BadCalendar:  # told where the calendar is checked
        return 1


def _check_calendar(path: str, calendar: CalendarSection) -> Iterator[Problem]:
    try:
        ZoneInfo(calendar.zone)
    except (KeyError, ValueError, OSError):  # a folder of zones, such as "Asia", is an OSError
        yield Problem(f"{path}.zone", f"没有「{calendar.zone}」这个时区，请写成 Asia/Shanghai")
    for mistake in _mistakes_in(calendar):
        yield Problem(f"{path}.{mistake.path}", mistake.text)


def _mistakes_in(calendar: CalendarSection) -> Iterator[Mistake]:
    for check in (
        lambda: read_week(calendar.spans),
        lambda: CompanyDays(calendar.extra_work, calendar.extra_free),
    ):
        try:
            check()
        except BadCalendar as error:
            yield from error.mistakes


def _check_aes_key(key: str) -> Iterator[Problem]:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", key):
        yield Problem("wecom.app.encoding_aes_key", "应为 43 位字母和数字，请从管理后台重新复制")


def _check_encryption_key(path: str, pair: str) -> Iterator[Problem]:
    name, _, value = pair.partition(":")
    try:
        size = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        size = 0
    if not name or size not in (16, 24, 32):
        yield Problem(path, "请写成 名字:base64，内容为 16、24 或 32 字节")


def _duplicates(path: str, values: list[str], what: str) -> Iterator[Problem]:
    for value in sorted({v for v in values if values.count(v) > 1}):
        yield Problem(path, f"{what}「{value}」重复")


def _in_words(error: ValidationError) -> Iterator[Problem]:
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


def _put(into: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        into = into.setdefault(key, {})
    into[keys[-1]] = value
