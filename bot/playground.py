"""The playground: both vendors' servers, the bot and a page with two phones, in one process, on one address.

Nothing is faked between them: the adapters speak the vendors' protocols over loopback.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.playground.pages import Playground
from adapters.emulator.server import Emulator
from bot.app import App, running
from bot.console.login import way_in
from bot.demo import tell_the_past
from bot.settings import Settings

IT_GROUP = "cidITsupport=="
OFFICE_GROUP = "cidOffice=="
ALERT_GROUP = "it-alerts"
TEAM_GROUP = "wrEverybody01"  # WeCom, with the AI bot in it
BOT_NAME = "派单助手"
PAST = timedelta(hours=3)

PEOPLE = (
    Employee("张三", "ZhangSan", "zhangsan01", "市场部", "13800000001"),
    Employee("李四", "LiSi", "lisi01", "IT 工程师", "13800000002"),
    Employee("王强", "WangQiang", "wangqiang01", "IT 工程师", "13800000003"),
    Employee("陈静", "ChenJing", "chenjing01", "IT 组长", "13800000004"),
    Employee("赵敏", "ZhaoMin", "zhaomin01", "信息主管", "13800000005"),
    Employee("孙悦", "SunYue", "sunyue01", "行政", "13800000006"),
)
ROLES = {
    "李四": ["agent"],
    "王强": ["agent"],
    "陈静": ["agent", "lead"],
    "赵敏": ["admin"],
    "孙悦": ["agent", "lead"],
}


def demo_company() -> Company:
    company = Company(corp_id="wwdemo0000000001", name="示例公司", employees=list(PEOPLE))
    everybody_in_it = ["lisi01", "wangqiang01", "chenjing01", "zhaomin01"]
    company.groups[IT_GROUP] = Group(IT_GROUP, "dingtalk", "IT 支持群", everybody_in_it)
    company.groups[OFFICE_GROUP] = Group(OFFICE_GROUP, "dingtalk", "行政服务群", ["sunyue01", "zhaomin01"])
    alerted = ["LiSi", "WangQiang", "ChenJing", "ZhaoMin"]
    company.groups[ALERT_GROUP] = Group(ALERT_GROUP, "wecom", "IT 告警群", alerted)
    everybody = [employee.wecom for employee in PEOPLE]
    company.groups[TEAM_GROUP] = Group(TEAM_GROUP, "wecom", "IT 互助群", everybody)
    return company


@asynccontextmanager
async def playing(port: int, data: Path, *, fresh: bool = False, past: bool = True) -> AsyncIterator[App]:
    """The whole playground, served on ``port`` until the block ends. ``data`` keeps its database."""
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
    has_past = past and not (data / "paidan.db").exists()
    clock = Clock()
    if has_past:
        clock.advance(-PAST)
    emulator = Emulator(demo_company(), clock)
    emulator.wecom.add_webhook(ALERT_KEY, ALERT_GROUP)
    emulator.wecom.aibot.groups.add(TEAM_GROUP)
    emulator.wecom.aibot.name = BOT_NAME
    await emulator.start(0)
    settings = demo_settings(emulator, port, data)
    if settings.dingtalk is not None:
        emulator.dingtalk.tenant.switches.monthly_calls = settings.dingtalk.allowance.calls
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    try:
        async with running(settings, now=clock.now, extend=_with_phones(emulator)) as app:
            if has_past:
                await tell_the_past(app, clock, PAST)
            yield app
    finally:
        await emulator.stop()


def _with_phones(emulator: Emulator) -> Callable[[App], None]:
    def extend(app: App) -> None:
        async def settle(_by: timedelta) -> None:
            await app.settle()

        def sign_in(platform: str, page: str) -> str:
            return way_in(platform, page.partition("?")[0])

        made = Playground(emulator, on_advance=settle, next_due=app.next_due, sign_in=sign_in)
        made.add_routes(app.web)

    return extend


ALERT_KEY = "demo-alert-key"


def demo_settings(emulator: Emulator, port: int, data: Path) -> Settings:
    wecom, made = emulator.wecom, emulator.credentials
    return Settings.model_validate(
        {
            "server": {
                "host": "127.0.0.1",
                "port": port,
                "public_url": f"http://127.0.0.1:{port}",
                "drain": "1s",
            },
            "storage": {
                "url": f"sqlite:///{data / 'paidan.db'}",
                "spool": str(data / "spool"),
                "files": str(data / "files"),
                "backups": "",
            },
            "wecom": {
                "corp_id": wecom.corp_id,
                "api_base": emulator.base_url,
                "oauth_base": emulator.base_url,
                "login_base": emulator.base_url,
                "app": {
                    "agent_id": wecom.agent_id,
                    "secret": wecom.secret,
                    "token": wecom.token,
                    "encoding_aes_key": wecom.encoding_aes_key,
                },
                "aibot": {
                    "bot_id": wecom.aibot.bot_id,
                    "secret": wecom.aibot.secret,
                    "name": BOT_NAME,
                    "ws_url": wecom.aibot.ws_url,
                },
                "webhooks": [{"name": "it-alerts", "key": ALERT_KEY, "base": emulator.base_url}],
            },
            "dingtalk": {
                "client_id": made.dingtalk_client_id,
                "client_secret": made.dingtalk_client_secret,
                "robot_code": made.dingtalk_robot_code,
                "corp_id": emulator.company.corp_id,
                "api_base": emulator.base_url,
                "oapi_base": emulator.base_url,
                "login_base": emulator.base_url,
            },
            "people": [
                {"name": e.name, "wecom": e.wecom, "dingtalk": e.dingtalk, "roles": ROLES.get(e.name, [])}
                for e in PEOPLE
            ],
            "desks": DESKS,
            "sla": [PROMISES],
            "rosters": [ROSTER],
        }
    )


DESKS = [
    {
        "key": "it",
        "name": "IT 服务台",
        "prefix": "IT",
        "lead": "陈静",
        "members": ["李四", "王强"],
        "channels": [f"dingtalk:{IT_GROUP}", "wecom-webhook:it-alerts"],
        "war_room": ["P1", "L2"],
        "sla": "standard",
        "keywords": [
            "打印机",
            "VPN",
            "电脑",
            "网络",
            "密码",
            "邮箱",
            "投影",
            "显示器",
            "WiFi",
            "账号",
            "系统",
        ],
    },
    {
        "key": "office",
        "name": "行政服务台",
        "prefix": "XZ",
        "lead": "孙悦",
        "members": ["孙悦"],
        "channels": [f"dingtalk:{OFFICE_GROUP}"],
        "sla": "standard",
        "keywords": ["空调", "漏水", "灯", "门禁", "桌椅", "工位", "保洁", "快递", "饮水机"],
    },
]
ROSTER = {
    "desk": "it",
    "kind": "daily",
    "people": ["李四", "王强", "陈静"],
    "start": date(2026, 1, 5),
    "handover": "09:00",
}
PROMISES = {
    "name": "standard",
    "warn_at": 0.8,
    "P1": {"respond": "15m", "resolve": "4h"},
    "P2": {"respond": "30m", "resolve": "8h"},
    "P3": {"respond": "2h", "resolve": "24h"},
    "P4": {"respond": "8h", "resolve": "72h"},
    "ladder": ["0s", "30m", "60m"],
}


@asynccontextmanager
async def emulating(port: int) -> AsyncIterator[str]:
    """Only the vendors' servers, with what a client needs to know of them."""
    emulator = Emulator(demo_company(), Clock())
    emulator.wecom.add_webhook(ALERT_KEY, ALERT_GROUP)
    emulator.wecom.aibot.groups.add(TEAM_GROUP)
    await emulator.start(port)
    wecom, made = emulator.wecom, emulator.credentials
    try:
        yield (
            f"模拟服务器：{emulator.base_url}\n"
            f"企业微信 corp_id={wecom.corp_id} agent_id={wecom.agent_id} secret={wecom.secret} "
            f"token={wecom.token} encoding_aes_key={wecom.encoding_aes_key} webhook={ALERT_KEY}\n"
            f"企业微信智能机器人 bot_id={wecom.bot_id} secret={wecom.bot_secret} name={wecom.aibot.name} "
            f"ws_url={wecom.aibot.ws_url} chatid={TEAM_GROUP}\n"
            f"钉钉 client_id={made.dingtalk_client_id} client_secret={made.dingtalk_client_secret}"
        )
    finally:
        await emulator.stop()
