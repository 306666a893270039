"""``paidan``: arguments only. Everything heavy is imported when a command needs it."""

from __future__ import annotations

import asyncio
import errno
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import CalendarSection, Settings

cli = typer.Typer(
    name="paidan",
    help="派单：企业微信和钉钉里的工单机器人。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
outbox_cli = typer.Typer(help="没有送达的消息，和为什么。", no_args_is_help=True)
sla_cli = typer.Typer(help="时限怎么来的。", no_args_is_help=True)
cli.add_typer(outbox_cli, name="outbox")
cli.add_typer(sla_cli, name="sla")

Config = Annotated[str | None, typer.Option("--config", help="配置文件，默认 $PAIDAN_CONFIG 或 config.toml")]
DAY = "%Y-%m-%d"
AsJson = Annotated[bool, typer.Option("--json", help="给机器读的输出")]


def main() -> None:
    cli()


@cli.command()
def playground(
    port: Annotated[int, typer.Option(help="端口")] = 8080,
    data: Annotated[Path | None, typer.Option(help="数据目录；不给就每次从头开始")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="清空数据目录后重新开始")] = False,
) -> None:
    """不用申请企业就能玩：浏览器里两部手机，背后是真实的协议。"""
    from bot.logs import set_up_logs
    from bot.playground import playing

    set_up_logs(json=False)
    banner = f"派单演示已就绪：http://127.0.0.1:{port}  （Ctrl-C 结束）"
    # The phones forget everything at the end, so by default the tickets do too.
    with TemporaryDirectory(prefix="paidan-") as folder:
        _run(playing(port, data or Path(folder), fresh=fresh), banner)


@cli.command()
def serve(config: Config = None) -> None:
    """运行机器人。"""
    from bot.app import running
    from bot.logs import set_up_logs

    settings = _settings(config)
    set_up_logs(json=not sys.stderr.isatty())
    banner = f"派单已启动：http://{settings.server.host}:{settings.server.port}"
    _run(running(settings), banner)


@cli.command()
def emulator(port: Annotated[int, typer.Option(help="端口，0 为任意")] = 8090) -> None:
    """只运行两家平台的模拟服务器，供测试使用。"""
    from bot.playground import emulating

    _run(emulating(port), "")


@cli.command()
def check(config: Config = None, as_json: AsJson = False) -> None:
    """检查配置，一次列出所有问题；有问题时退出码为 2。"""
    from bot.settings import BadSettings, load

    try:
        load(config)
    except BadSettings as error:
        if as_json:
            typer.echo(json.dumps([vars(p) for p in error.problems], ensure_ascii=False))
        else:
            for problem in error.problems:
                typer.echo(f"✗ {problem}", err=True)
        raise typer.Exit(2) from None
    typer.echo("[]" if as_json else "✓ 配置没有问题")


@cli.command()
def doctor(
    config: Config = None,
    send_test: Annotated[bool, typer.Option("--send-test", help="给每个管理员发一条测试消息")] = False,
    as_json: AsJson = False,
) -> None:
    """和每个平台说话，用大白话说明什么能用、什么要修；有要修的时退出码为 1。"""
    from bot.doctor import diagnose

    findings = asyncio.run(diagnose(_settings(config), send_test=send_test))
    if as_json:
        typer.echo(json.dumps([vars(f) for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'✓' if finding.ok else '✗'} {finding.what}")
            if finding.fix:
                typer.echo(f"   → {finding.fix}")
    raise typer.Exit(0 if all(f.ok for f in findings) else 1)


@cli.command()
def migrate(config: Config = None) -> None:
    """把数据库结构升级到最新。"""

    async def work(app: App) -> None:
        await app.database.migrate()

    _with_app(config, work)
    typer.echo("✓ 数据库结构已是最新")


@cli.command()
def apply(config: Config = None) -> None:
    """把配置文件里的人员和服务台写进数据库（已有的更新，不删除）。"""

    async def work(app: App) -> None:
        await app.apply_seeds()

    _with_app(config, work)
    typer.echo("✓ 人员和服务台已更新")


@cli.command()
def export(
    config: Config = None,
    format: Annotated[str, typer.Option(help="目前只有 jsonl")] = "jsonl",
) -> None:
    """每张工单一行 JSON，带全部事件。"""
    if format != "jsonl":
        typer.echo("目前只支持 --format jsonl", err=True)
        raise typer.Exit(2)

    async def work(app: App) -> None:
        async for line in app.queries.export():
            typer.echo(json.dumps(line, ensure_ascii=False))

    _with_app(config, work)


@cli.command(name="import")
def import_(file: Path, config: Config = None) -> None:
    """读回 export 的文件；已有的单号跳过。"""

    async def work(app: App) -> None:
        with file.open(encoding="utf-8") as lines:
            count = await app.queries.import_(json.loads(line) for line in lines if line.strip())
        typer.echo(f"✓ 导入 {count} 张工单")

    _with_app(config, work)


@outbox_cli.command(name="list")
def outbox_list(config: Config = None, as_json: AsJson = False) -> None:
    """还没有送达的，和送不出去的。"""

    async def work(app: App) -> None:
        rows = [row for stage in ("waiting", "claimed", "dead") for row in await app.outbox.list(stage)]
        if as_json:
            typer.echo(json.dumps([_plain(row) for row in rows], ensure_ascii=False))
            return
        for row in rows:
            typer.echo(f"{row.id}  {row.stage.value}  {row.kind}  试过 {row.attempts} 次  {row.error or ''}")
        if not rows:
            typer.echo("✓ 全部已送达")

    _with_app(config, work)


@outbox_cli.command(name="replay")
def outbox_replay(id: int, config: Config = None) -> None:
    """再送一次。"""

    async def work(app: App) -> None:
        await app.outbox.replay(id)

    _with_app(config, work)
    typer.echo("✓ 已排队重发")


@outbox_cli.command(name="discard")
def outbox_discard(id: int, config: Config = None) -> None:
    """不再送。"""

    async def work(app: App) -> None:
        await app.outbox.discard(id)

    _with_app(config, work)
    typer.echo("✓ 已放弃")


@cli.command()
def calendar(
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
    from bot import almanac
    from bot.app import system_now
    from bot.promises import calendar_of

    chosen = calendar_of(_calendar_section(_settings(config), name))
    begin = first.date() if first else chosen.date_of(system_now())
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


@sla_cli.command(name="explain")
def sla_explain(number: str, config: Config = None, as_json: AsJson = False) -> None:
    """这个倒计时怎么来的。"""

    async def work(app: App) -> None:
        from bot import histories
        from bot.app import system_now
        from bot.cards.explanation import explain

        view = await app.queries.by_number(number)
        if view is None:
            typer.echo(f"没有工单 {number}", err=True)
            raise typer.Exit(1)
        timeline, now = await app.queries.timeline(view.id), system_now()
        promises = histories.by_desk(await app.directory.desks(), app.policies)
        if as_json:
            told = histories.tell(view, timeline, promises, now)
            typer.echo(json.dumps([histories.as_json(one, now) for one in told], ensure_ascii=False))
        else:
            typer.echo(explain(view, timeline, promises, now))

    _with_app(config, work)


def _settings(config: str | None) -> Settings:
    from bot.settings import BadSettings, load

    try:
        return load(config)
    except BadSettings as error:
        for problem in error.problems:
            typer.echo(f"✗ {problem}", err=True)
        raise typer.Exit(2) from None


def _calendar_section(settings: Settings, name: str) -> CalendarSection:
    from bot.promises import OFFICE_WEEK

    sections = settings.calendars or (OFFICE_WEEK,)
    found = next((section for section in sections if name in {"", section.name}), None)
    if found is None:
        typer.echo(f"没有名为「{name}」的日历，有：{'、'.join(s.name for s in sections)}", err=True)
        raise typer.Exit(2)
    return found


def _with_app(config: str | None, work: Callable[[App], Awaitable[None]]) -> None:
    """Run ``work`` with the joined objects and no background work: beside a running ``serve`` it only reads."""
    from bot.app import build

    settings = _settings(config)

    async def run() -> None:
        app = build(settings)
        try:
            await work(app)
        finally:
            await app.stop()

    asyncio.run(run())


def _plain(row: object) -> dict[str, str]:
    return {key: str(value) for key, value in vars(row).items()}


async def _serve_until_signal(program: AbstractAsyncContextManager[object], banner: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with program as running:
        typer.echo(banner or str(running))
        await stop.wait()


def _run(program: AbstractAsyncContextManager[object], banner: str) -> None:
    """Until a signal. What keeps the program from starting is one sentence, not a traceback."""
    from storage.database import AlreadyRunning, Unavailable

    try:
        asyncio.run(_serve_until_signal(program, banner))
    except AlreadyRunning as error:
        _fail(str(error))
    except Unavailable as error:
        _fail(f"数据库连不上：{error}。请检查 [storage] url。")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _fail("端口已被占用：换一个端口（--port 或 [server] port），或先停掉占用它的程序。")


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"✗ {sentence}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    main()
