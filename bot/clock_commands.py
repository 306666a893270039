"""``paidan apply``, ``paidan sla …`` and ``paidan calendar …``: arguments only, as in ``bot.__main__``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.shell import DAY, AsJson, Config, progress, refuse, settings_of, with_app, with_database

if TYPE_CHECKING:
    from bot.app import App
    from bot.recounting import Difference
    from bot.settings import CalendarSection, Settings
    from domain.sla.days import CompanyDay
    from storage.database import Database

sla_cli = typer.Typer(help="时限怎么来的。", no_args_is_help=True)
calendar_cli = typer.Typer(invoke_without_command=True)


def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出时限会怎样变化，什么都不写")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """把配置文件里的人员、服务台和班表写进数据库（已有的更新，不删除），并按新规则重新计算未完成工单的时限。"""

    async def work(app: App) -> None:
        from bot.recounting import DRY, promises_after

        await app.rules.refresh()
        count = progress("重新计算时限")
        if dry_run:
            _tell(await app.recounting.look(await promises_after(app), count), DRY, as_json=as_json)
            return
        await app.apply_seeds()
        changed = await app.recounting.apply(await promises_after(app), "paidan apply", count)
        _tell(changed, "✓ 人员、服务台和班表已更新", as_json=as_json)

    with_app(config, work)


def _tell(changed: Sequence[Difference], done: str, *, as_json: bool) -> None:
    from bot.recounting import as_json as written
    from bot.recounting import as_line
    from storage.clock import machine_time

    if as_json:
        typer.echo(json.dumps([written(one) for one in changed], ensure_ascii=False))
        return
    for one in changed:
        typer.echo(as_line(one, machine_time()))
    typer.echo(done)
    typer.echo(f"时限有变化：{len(changed)} 项" if changed else "时限没有变化")


@sla_cli.command(name="explain")
def sla_explain(number: str, config: Config = None, as_json: AsJson = False) -> None:
    """这个倒计时怎么来的。"""
    from bot import histories
    from bot.cards.explanation import explain
    from bot.rules import Rules
    from storage.clock import machine_time
    from storage.company_days import CompanyDayBook
    from storage.people import Directory
    from storage.queries.tickets import TicketQueries

    settings = settings_of(config)

    async def work(database: Database) -> None:
        queries = TicketQueries(database)
        view = await queries.by_number(number)
        if view is None:
            typer.echo(f"没有工单 {number}", err=True)
            raise typer.Exit(1)
        rules = Rules(settings.sla, settings.calendars, CompanyDayBook(database))
        await rules.refresh()
        timeline, now = await queries.timeline(view.id), machine_time()
        promises = histories.by_desk(await Directory(database).desks(), rules.policies)
        if as_json:
            told = histories.tell(view, timeline, promises, now)
            typer.echo(json.dumps([histories.as_json(one, now) for one in told], ensure_ascii=False))
        else:
            typer.echo(explain(view, timeline, promises, now))

    with_database(settings, work)


@sla_cli.command(name="replay")
def sla_replay(
    policy: Annotated[Path, typer.Option(help="新规则：有 [[sla]]（和 [[calendars]]）的 TOML 文件")],
    first: Annotated[datetime, typer.Option("--from", formats=[DAY], help="从哪天起")],
    last: Annotated[datetime, typer.Option("--to", formats=[DAY], help="到哪天为止，含这天")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """如果当时用的是这套规则：谁会在什么时候被叫到，超时多几个少几个。只读，可在 serve 运行时用。"""
    if last < first:
        typer.echo(f"--to {last:{DAY}} 早于 --from {first:{DAY}}", err=True)
        raise typer.Exit(2)

    async def work(app: App) -> None:
        from bot import replaying
        from bot.proposals import read_proposal
        from bot.settings import BadSettings
        from bot.wording import ZONE
        from storage.clock import machine_time

        await app.rules.refresh()
        desks = await app.directory.desks()
        try:
            proposed = read_proposal(policy, desks, await app.company_days.all())
        except BadSettings as error:
            refuse(error)
        present = replaying.Ruling(app.policies, {desk.key: desk.sla for desk in desks})
        # What has not happened yet is no past to be told.
        begin, until = first.replace(tzinfo=ZONE), last.replace(tzinfo=ZONE) + timedelta(days=1)
        end = max(min(until, machine_time()), begin)
        found = await app.replaying.compare(present, proposed, begin, end, progress("重放"))
        if as_json:
            typer.echo(json.dumps(replaying.as_json(found), ensure_ascii=False))
            return
        for line in replaying.as_text(found):
            typer.echo(line)

    with_app(config, work)


@calendar_cli.callback()
def calendar(
    context: typer.Context,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=[DAY], help="从哪天起，默认今天")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=[DAY], help="到哪天为止，默认 30 天")
    ] = None,
    name: Annotated[str, typer.Option(help="哪个日历，默认第一个")] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """哪天上班、哪天休息，和为什么。没有配置日历时用内置的中国工作周。"""
    if context.invoked_subcommand is not None:
        return
    from bot import almanac
    from bot.promises import calendar_of
    from storage.clock import machine_time

    settings = settings_of(config)
    section = _calendar_section(settings, name)
    chosen = calendar_of(section, _imported(settings) if settings.calendars else ())
    begin = first.date() if first else chosen.date_of(machine_time())
    end = last.date() if last else begin + timedelta(days=30)
    if end < begin:
        typer.echo(f"--to {end} 早于 --from {begin}", err=True)
        raise typer.Exit(2)
    for warning in almanac.warnings(chosen, begin, end):
        typer.echo(f"⚠ {warning}", err=True)
    days = almanac.days_between(chosen, begin, end)
    if as_json:
        typer.echo(json.dumps([almanac.as_json(day) for day in days], ensure_ascii=False))
        return
    typer.echo(chosen.name)
    for day in days:
        typer.echo(almanac.as_line(day))


@calendar_cli.command(name="import")
def calendar_import(
    file: Annotated[Path, typer.Argument(help='JSON：[{"calendar", "date", "work", "reason"}]')],
    replace: Annotated[
        bool, typer.Option("--replace", help="文件里提到的日历，原来导入的日子先清空")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出时限会怎样变化，什么都不写")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """导入公司自己的加班日和休息日，并重新计算未完成工单的时限。"""
    from bot.company_days import joined, read_days
    from bot.settings import BadSettings

    try:
        days = read_days(file, [section.name for section in settings_of(config).calendars])
    except BadSettings as error:
        refuse(error)
    instead_of = sorted({day.calendar for day in days}) if replace else []

    async def work(app: App) -> None:
        from bot.recounting import DRY, promises_now

        count = progress("重新计算时限")
        app.rules.use(joined(await app.company_days.all(), days, instead_of))
        promises = await promises_now(app)
        if dry_run:
            _tell(await app.recounting.look(promises, count), DRY, as_json=as_json)
            return
        await app.company_days.put(days, instead_of=instead_of)
        changed = await app.recounting.apply(promises, f"导入公司日历 {file.name}", count)
        _tell(changed, f"✓ 导入 {len(days)} 天", as_json=as_json)

    with_app(config, work)


@calendar_cli.command(name="export")
def calendar_export(config: Config = None) -> None:
    """导入过的公司日子，写成 import 能读回的 JSON。"""
    from bot.company_days import as_json
    from storage.company_days import CompanyDayBook

    days = with_database(settings_of(config), lambda database: CompanyDayBook(database).all())
    typer.echo(json.dumps(as_json(days), ensure_ascii=False, indent=1))


def _imported(settings: Settings) -> tuple[CompanyDay, ...]:
    """A calendar can be looked at before there is a database."""
    from storage.company_days import CompanyDayBook
    from storage.database import Unavailable

    async def work(database: Database) -> tuple[CompanyDay, ...]:
        try:
            if (database.path is None or database.path.exists()) and await database.fits():
                return await CompanyDayBook(database).all()
        except Unavailable:
            pass
        typer.echo("⚠ 数据库还没有就绪，只按配置文件列出", err=True)
        return ()

    return with_database(settings, work, any_schema=True)


def _calendar_section(settings: Settings, name: str) -> CalendarSection:
    from bot.promises import OFFICE_WEEK

    sections = settings.calendars or (OFFICE_WEEK,)
    found = next((section for section in sections if name in {"", section.name}), None)
    if found is None:
        typer.echo(f"没有名为「{name}」的日历，有：{'、'.join(s.name for s in sections)}", err=True)
        raise typer.Exit(2)
    return found
