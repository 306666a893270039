"""``paidan doctor``: asks every part and says in plain words what works and what to mend."""

from __future__ import annotations

from adapters.chat import Finding, PlatformError
from adapters.clamd import Clamd
from bot.almanac import not_published
from bot.app import App, build
from bot.beside import running_beside
from bot.holding import hold_finding
from bot.login_check import login_findings
from bot.lost_groups import lost_findings
from bot.platforms import Now
from bot.promises import lay_out
from bot.settings import Settings
from bot.skew import skew_finding
from bot.trial import people_known, send_trials
from storage.database import Unavailable
from storage.lost_groups import LostGroups
from storage.vault import Arriving

_DATABASE = "database"


async def diagnose(settings: Settings, *, send_test: bool, now: Now | None = None) -> list[Finding]:
    app = build(settings, now=now)
    try:
        findings = [await _database(app), *_calendars(app), *await _files(app)]
        if findings[0].ok:
            findings.extend(await hold_finding(app.hold))
            findings.extend(skew_finding(app.database.clock))
        if not app.platforms:
            findings.append(
                Finding(
                    ok=False,
                    what="没有配置任何平台",
                    fix="请在 config.toml 里写 [wecom] 或 [dingtalk]。",
                    id="platforms",
                )
            )
        findings.extend(login_findings(app))
        for platform in dict.fromkeys(app.platforms.values()):
            findings.extend(await platform.diagnose())
        findings.extend(await running_beside(settings.server))
        if findings[0].ok:
            findings.extend(await people_known(app))
            findings.extend(await lost_findings(LostGroups(app.database)))
        if send_test and findings[0].ok:
            findings.extend(await send_trials(app))
        return findings
    finally:
        await app.stop()


async def _database(app: App) -> Finding:
    try:
        await app.database.set_clock()
        ready = await app.database.fits()
    except Unavailable as error:
        fix = "请检查 [storage] url、网络和账号。"
        return Finding(ok=False, what=f"数据库连不上：{error}", fix=fix, id=_DATABASE)
    if not ready:
        fix = "请运行 paidan migrate，或直接启动 paidan serve。"
        return Finding(ok=False, what="数据库结构不是最新", fix=fix, id=_DATABASE)
    return Finding(ok=True, what="数据库正常", id=_DATABASE)


async def _files(app: App) -> list[Finding]:
    storage = app.settings.storage
    findings = []
    try:
        async with app.vault.arriving(head=0, tail=1) as trial:
            await trial.write(b"paidan doctor")
            findings += [await _scanner(storage.clamd, trial)] if storage.clamd else []
    except OSError as error:
        fix = f"请让运行程序的账号能写 {storage.files}，或修改 [storage] files。"
        return [Finding(False, f"附件目录写不进去：{error.strerror or error}", fix, "files")]
    return [Finding(True, f"附件目录可写（{storage.files}）", id="files"), *findings]


async def _scanner(address: str, trial: Arriving) -> Finding:
    await trial.flush()
    try:
        await Clamd(address).virus_in(trial.path)
    except PlatformError as error:
        fix = "请启动 clamd，核对 [storage] clamd；在此之前收到的附件会留着，但谁也看不到。"
        return Finding(False, f"病毒扫描连不上：{error}", fix, "clamd")
    return Finding(True, f"病毒扫描正常（{address}）", id="clamd")


def _calendars(app: App) -> list[Finding]:
    """No alarm in January for a year that is published in November: only what comes soon."""
    return [
        Finding(
            ok=False,
            what=not_published(year),
            fix="请升级 holidays（pip install -U holidays），或在 [[calendars]] 里写明。",
            id=f"calendar.{year}",
        )
        for year in lay_out(app.policies, app.now())
    ]
