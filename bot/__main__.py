"""``paidan``: arguments only. Everything heavy is imported when a command needs it."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot.audit_commands import verify
from bot.backup_commands import backup, restore
from bot.bench_commands import bench_cli
from bot.clock_commands import apply, calendar_cli, sla_cli
from bot.quota_commands import quota
from bot.shell import AsJson, Config, collect_garbage_from_now_on, fail, settings_of, with_database

if TYPE_CHECKING:
    from bot.ending import Ending
    from storage.database import Database
    from storage.outbox import Letter

cli = typer.Typer(
    name="paidan",
    help="派单：企业微信和钉钉里的工单机器人。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
outbox_cli = typer.Typer(help="没有送达的消息，和为什么。", no_args_is_help=True)
cli.add_typer(outbox_cli, name="outbox")
cli.add_typer(sla_cli, name="sla")
cli.add_typer(bench_cli, name="bench")

cli.command()(apply)
cli.command()(backup)
cli.command()(restore)
cli.command()(verify)
cli.add_typer(calendar_cli, name="calendar")
cli.command()(quota)


def main() -> None:
    gc.disable()  # importing makes a great many objects and no garbage; looking for it takes a third of a start
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
    from bot.ending import Ending
    from bot.logs import set_up_logs

    settings = settings_of(config)
    set_up_logs(json=not sys.stderr.isatty(), level=settings.server.log_level)
    banner = f"派单已启动：http://{settings.server.host}:{settings.server.port}"
    ending = Ending()
    _run(running(settings, ending=ending), banner, ending)


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
    from bot.logs import set_up_logs_of_a_command

    set_up_logs_of_a_command()
    collect_garbage_from_now_on()
    findings = asyncio.run(diagnose(settings_of(config), send_test=send_test))
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
    with_database(settings_of(config), lambda database: database.migrate(), any_schema=True)
    typer.echo("✓ 数据库结构已是最新")


@cli.command()
def export(
    config: Config = None,
    format: Annotated[str, typer.Option(help="目前只有 jsonl")] = "jsonl",
) -> None:
    """每张工单一行 JSON，带全部事件。"""
    if format != "jsonl":
        typer.echo("目前只支持 --format jsonl", err=True)
        raise typer.Exit(2)

    from storage.queries.tickets import TicketQueries

    async def work(database: Database) -> None:
        async for line in TicketQueries(database).export():
            typer.echo(json.dumps(line, ensure_ascii=False))

    with_database(settings_of(config), work)


@cli.command(name="import")
def import_(file: Path, config: Config = None) -> None:
    """读回 export 的文件；已有的单号跳过。"""
    from storage.queries.tickets import TicketQueries

    async def work(database: Database) -> int:
        with file.open(encoding="utf-8") as lines:
            return await TicketQueries(database).import_(json.loads(line) for line in lines if line.strip())

    typer.echo(f"✓ 导入 {with_database(settings_of(config), work)} 张工单")


@outbox_cli.command(name="list")
def outbox_list(config: Config = None, as_json: AsJson = False) -> None:
    """还没有送达的，和送不出去的。"""
    from storage.outbox import Outbox

    async def work(database: Database) -> list[Letter]:
        return [row for stage in ("waiting", "claimed", "dead") for row in await Outbox(database).list(stage)]

    rows = with_database(settings_of(config), work)
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row.id}  {row.stage.value}  {row.kind}  试过 {row.attempts} 次  {row.error or ''}")
    if not rows:
        typer.echo("✓ 全部已送达")


@outbox_cli.command(name="replay")
def outbox_replay(id: int, config: Config = None) -> None:
    """再送一次。"""
    from storage.outbox import Outbox

    with_database(settings_of(config), lambda database: Outbox(database).replay(id))
    typer.echo("✓ 已排队重发")


@outbox_cli.command(name="discard")
def outbox_discard(id: int, config: Config = None) -> None:
    """不再送。"""
    from storage.outbox import Outbox

    with_database(settings_of(config), lambda database: Outbox(database).discard(id))
    typer.echo("✓ 已放弃")


@outbox_cli.command(name="release")
def outbox_release(
    drop: Annotated[bool, typer.Option("--drop", help="恢复时积压的消息不再发送")] = False,
    config: Config = None,
) -> None:
    """从备份恢复后，放行暂停的发送。"""
    from storage.outbox_hold import OutboxHold

    async def work(database: Database) -> str:
        hold = OutboxHold(database)
        held = await hold.look()
        if held is None:
            return "✓ 发送没有暂停"
        await database.set_clock()
        dropped = await hold.release(database.clock.now(), drop=drop)
        return f"✓ 已放行：{held.waiting + held.newer - dropped} 条将发送，{dropped} 条已放弃"

    typer.echo(with_database(settings_of(config), work))


def _plain(row: object) -> dict[str, str]:
    return {key: str(value) for key, value in vars(row).items()}


async def _serve_until_signal(
    program: AbstractAsyncContextManager[object], banner: str, ending: Ending
) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ending.signal)
    async with program as running:
        collect_garbage_from_now_on()
        typer.echo(banner or str(running))
        await ending.asked()


def _run(program: AbstractAsyncContextManager[object], banner: str, ending: Ending | None = None) -> None:
    """Until a signal. What keeps the program from starting is one sentence, not a traceback."""
    from bot.ending import Ending
    from storage.database import AlreadyRunning, Unavailable
    from storage.migrating import NewerSchema

    try:
        asyncio.run(_serve_until_signal(program, banner, ending or Ending()))
    except (AlreadyRunning, NewerSchema) as error:
        fail(str(error))
    except Unavailable as error:
        fail(f"数据库连不上：{error}。请检查 [storage] url。")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        fail("端口已被占用：换一个端口（--port 或 [server] port），或先停掉占用它的程序。")


if __name__ == "__main__":
    main()
