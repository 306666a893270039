"""``paidan bench …``: arguments only, as in ``bot.__main__``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.shell import collect_garbage_from_now_on, fail

if TYPE_CHECKING:
    from bot.bench.report import Chapter

POSTGRESQL = "PAIDAN_BENCH_POSTGRESQL"
MILLION = 1_000_000

Count = Annotated[int, typer.Option(min=1, help="多少个待触发的定时器")]
Postgresql = Annotated[
    str, typer.Option(envvar=POSTGRESQL, help="一个空的 PostgreSQL 数据库；不给就只测 SQLite")
]

bench_cli = typer.Typer(help="性能测试，输出 Markdown 报告。", invoke_without_command=True)


@bench_cli.callback()
def bench(context: typer.Context, postgresql: Postgresql = "") -> None:
    """不写名字就全部测一遍。"""
    if context.invoked_subcommand is None:
        timers(MILLION, postgresql)


@bench_cli.command()
def timers(count: Count = MILLION, postgresql: Postgresql = "") -> None:
    """很多定时器都没到期时，看一遍要多久；超过限度时退出码为 1。"""
    from bot.bench.report import markdown
    from bot.bench.running import chapters
    from storage.clock import machine_time
    from storage.filling import NotEmpty

    async def run() -> list[Chapter]:
        return [chapter async for chapter in chapters(postgresql, count, machine_time())]

    collect_garbage_from_now_on()
    try:
        measured = asyncio.run(run())
    except NotEmpty as error:
        fail(str(error))
    typer.echo(markdown(measured))
    if not postgresql:
        typer.echo(f"没有测 PostgreSQL：请用 --postgresql 或 {POSTGRESQL} 给一个空的数据库", err=True)
    if not all(chapter.is_good for chapter in measured):
        raise typer.Exit(1)
