"""[wecom] and [dingtalk]: the doors and their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.problems import Problem, duplicates
from bot.settings.values import Section
from domain.quota.allowance import Allowance

PLATFORMS = frozenset({"wecom", "dingtalk"})

VERIFY_FILE = re.compile(r"WW_verify_([0-9A-Za-z]{1,64})\.txt")


class WeComAppSection(Section):
    agent_id: int
    secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr


class WeComFurtherAppSection(WeComAppSection):
    """One more self-built application of the same company; ``name`` ends the address of its callback."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")


class WeComBotSection(Section):
    bot_id: str
    secret: SecretStr
    name: str = ""
    ws_url: str = "wss://openws.work.weixin.qq.com"
    token: SecretStr = SecretStr(
        ""
    )  # with encoding_aes_key: callbacks over HTTP instead of the long connection
    encoding_aes_key: SecretStr = SecretStr("")


class WeComWebhookSection(Section):
    name: str
    key: SecretStr
    base: str = "https://qyapi.weixin.qq.com"
    chat: str = ""  # the same group as the AI bot knows it; used where the bot may not speak of itself


class WeComSection(Section):
    corp_id: str
    api_base: str = "https://qyapi.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"
    login_base: str = "https://login.work.weixin.qq.com"
    verify_file: str = ""  # by which the console believes that a domain is ours
    app: WeComAppSection | None = None
    apps: tuple[WeComFurtherAppSection, ...] = ()
    aibot: WeComBotSection | None = None
    webhooks: tuple[WeComWebhookSection, ...] = ()


class DingTalkWebhookSection(Section):
    name: str
    access_token: SecretStr
    secret: SecretStr = SecretStr("")


# Calls and Webhook & Stream messages a month since 2025-11-19 (dingtalk.md §0.1). What an exclusive contract
# grants is written in the contract: until it is configured, the smaller of the published figures counts.
EDITIONS: Mapping[str, Allowance] = {
    "standard": Allowance(calls=5_000, messages=3_000),
    "professional": Allowance(calls=200_000, messages=50_000),
    "exclusive": Allowance(calls=200_000, messages=50_000),
}


class DingTalkSection(Section):
    client_id: str
    client_secret: SecretStr
    robot_code: str = ""
    corp_id: str = ""
    edition: Literal["standard", "professional", "exclusive"] = "standard"
    # Of a month, for the whole organisation; nothing said: what the edition has. 0 is without limit.
    monthly_calls: int | None = Field(None, ge=0)
    monthly_messages: int | None = Field(None, ge=0)
    calls_per_ticket: int = Field(0, ge=0)  # 0 is without limit
    card: str = "builtin"
    card_file: str = ""  # of a template of one's own, as exported; doctor looks at its variables
    # From which level of an escalation on whom it calls is rung up as well, and how; nothing: never.
    ding_at: Literal["", "L1", "L2", "L3"] = ""
    ding_by: Literal["app", "sms", "phone"] = "app"
    api_base: str = "https://api.dingtalk.com"
    oapi_base: str = "https://oapi.dingtalk.com"
    login_base: str = "https://login.dingtalk.com"
    webhooks: tuple[DingTalkWebhookSection, ...] = ()

    @property
    def insist_at(self) -> int:
        return int(self.ding_at[1:] or 0)

    @property
    def allowance(self) -> Allowance:
        edition = EDITIONS[self.edition]
        calls, messages = self.monthly_calls, self.monthly_messages
        return Allowance(
            edition.calls if calls is None else calls, edition.messages if messages is None else messages
        )


def check_dingtalk(section: DingTalkSection | None) -> Iterator[Problem]:
    if section is None or not section.ding_at:
        return
    if section.edition == "standard":
        yield Problem("dingtalk.ding_at", '标准版没有 DING；请去掉，或者 edition = "professional"')
    elif section.ding_by != "app" and section.edition != "exclusive":
        yield Problem("dingtalk.ding_by", '短信、电话 DING 只有专属版才有；请写 "app"')


def check_wecom(section: WeComSection | None) -> Iterator[Problem]:
    if section and section.app:
        yield from _check_app("wecom.app", section.app)
    for index, app in enumerate(section.apps if section else ()):
        yield from _check_app(f"wecom.apps[{index}]", app)
    if section and section.apps:
        yield from _check_apps(section)
    if section and section.verify_file and not VERIFY_FILE.fullmatch(section.verify_file):
        yield Problem("wecom.verify_file", "写文件名本身，例如 WW_verify_AbCd1234EfGh5678.txt")
    if section and section.aibot:
        yield from _check_aibot(section.aibot)


def _check_app(path: str, app: WeComAppSection) -> Iterator[Problem]:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", app.encoding_aes_key.get_secret_value()):
        yield Problem(f"{path}.encoding_aes_key", "应为 43 位字母和数字，请从管理后台重新复制")


def _check_apps(section: WeComSection) -> Iterator[Problem]:
    """The first application is where people are met who have not chosen one by speaking to it."""
    if section.app is None:
        yield Problem("wecom.apps", "请先填写 [wecom.app]，其余应用再写成 [[wecom.apps]]")
    yield from duplicates("wecom.apps", [app.name for app in section.apps], "name")
    ids = [str(app.agent_id) for app in (section.app, *section.apps) if app is not None]
    yield from duplicates("wecom.apps", ids, "agent_id")


def _check_aibot(bot: WeComBotSection) -> Iterator[Problem]:
    if not bot.bot_id.strip():
        yield Problem("wecom.aibot.bot_id", "不能为空，请在智能机器人的「API 模式 → 长连接」页面复制")
    if not re.match(r"wss?://[^/\s]+", bot.ws_url):
        yield Problem("wecom.aibot.ws_url", "应以 wss:// 开头")
    token, key = bot.token.get_secret_value(), bot.encoding_aes_key.get_secret_value()
    if bool(token) != bool(key) or (key and not re.fullmatch(r"[A-Za-z0-9]{43}", key)):
        yield Problem(
            "wecom.aibot.encoding_aes_key", "用 URL 回调时 token 和 43 位的 encoding_aes_key 都要填写"
        )
    if bot.name.startswith("@"):
        yield Problem("wecom.aibot.name", "写机器人的名字本身，不要带 @")
