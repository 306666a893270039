"""All sections together, and where they are read from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.settings.calendars import CalendarSection
from bot.settings.desks import DeskSection
from bot.settings.digest import DigestSection
from bot.settings.dispatch import DispatchSection
from bot.settings.people import PersonSection
from bot.settings.platforms import DingTalkSection, WeComSection
from bot.settings.privacy import PrivacySection
from bot.settings.rosters import RosterSection
from bot.settings.server import Server, Storage
from bot.settings.sla import SlaSection
from domain.base import Conversation

PREFIX = "PAIDAN_"


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
    digest: DigestSection = DigestSection()
    privacy: PrivacySection = PrivacySection()

    def problems_of(self, channel: Conversation) -> Iterator[str]:
        """Why nothing can be said there."""
        known = {
            "wecom-webhook": {w.name for w in self.wecom.webhooks} if self.wecom else set(),
            "dingtalk-webhook": {w.name for w in self.dingtalk.webhooks} if self.dingtalk else set(),
        }
        if channel.platform in known and channel.key not in known[channel.platform]:
            yield f"没有名为「{channel.key}」的群机器人（{channel.platform}）"
        if channel.platform == "dingtalk" and self.dingtalk is None:
            yield "用了钉钉群，但没有 [dingtalk] 一节"
        if channel.platform == "wecom-aibot" and (self.wecom is None or self.wecom.aibot is None):
            yield "用了智能机器人的群，但没有 [wecom.aibot] 一节"

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


def _put(into: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        into = into.setdefault(key, {})
    into[keys[-1]] = value
