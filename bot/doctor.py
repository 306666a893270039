"""``paidan doctor``: asks every part and says in plain words what works and what to mend."""

from __future__ import annotations

from adapters.chat import Finding, PlatformError
from bot.almanac import not_published
from bot.app import App, build, system_now
from bot.holding import hold_finding
from bot.promises import lay_out
from bot.settings import Settings
from domain.base import Conversation, Role
from storage.database import Unavailable


async def diagnose(settings: Settings, *, send_test: bool) -> list[Finding]:
    app = build(settings)
    try:
        findings = [await _database(app), *_calendars(app)]
        if findings[0].ok:
            findings.extend(await hold_finding(app.hold))
        if not app.platforms:
            findings.append(
                Finding(False, "没有配置任何平台", "请在 config.toml 里写 [wecom] 或 [dingtalk]。")
            )
        for platform in dict.fromkeys(app.platforms.values()):
            findings.extend(await platform.diagnose())
        if send_test and findings[0].ok:
            findings.extend(await _send_tests(app))
        return findings
    finally:
        await app.stop()


async def _database(app: App) -> Finding:
    try:
        ready = await app.database.at_head()
    except Unavailable as error:
        return Finding(False, f"数据库连不上：{error}", "请检查 [storage] url、网络和账号。")
    if not ready:
        return Finding(False, "数据库结构不是最新", "请运行 paidan migrate，或直接启动 paidan serve。")
    return Finding(True, "数据库正常")


def _calendars(app: App) -> list[Finding]:
    """No alarm in January for a year that is published in November: only what comes soon."""
    return [
        Finding(
            False,
            not_published(year),
            "请升级 holidays（pip install -U holidays），或在 [[calendars]] 里写明。",
        )
        for year in lay_out(app.policies, system_now())
    ]


async def _send_tests(app: App) -> list[Finding]:
    findings = []
    for person in await app.directory.with_role(Role.ADMIN):
        for account in person.accounts:
            place = Conversation(account.platform, "direct", account.user_id)
            what = f"发测试消息给 {person.name}（{account.platform}）"
            try:
                await app.platforms[account.platform].say(place, "派单自检：您能看到这条消息。", key="doctor")
            except PlatformError as error:
                findings.append(Finding(False, what, f"平台拒绝：{error}"))
            else:
                findings.append(Finding(True, what))
    return findings
