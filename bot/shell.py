"""What all commands of ``paidan`` share: the configuration, the joined objects, and failing in one sentence."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import BadSettings, Settings
    from storage.database import Database

T = TypeVar("T")
Config = Annotated[str | None, typer.Option("--config", help="配置文件，默认 $PAIDAN_CONFIG 或 config.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="给机器读的输出")]
DAY = "%Y-%m-%d"
A_STEP = 1000  # how many are worked on before a log is told of it


def settings_of(config: str | None) -> Settings:
    from bot.settings import BadSettings, load

    try:
        return load(config)
    except BadSettings as error:
        refuse(error)


def refuse(error: BadSettings) -> NoReturn:
    for problem in error.problems:
        typer.echo(f"✗ {problem}", err=True)
    raise typer.Exit(2) from None


def with_app(config: str | None, work: Callable[[App], Awaitable[None]]) -> None:
    """Run ``work`` with the joined objects and no background work: beside a running ``serve`` it only reads."""
    from bot.app import build
    from bot.logs import set_up_logs_of_a_command

    settings = settings_of(config)
    set_up_logs_of_a_command()

    async def run() -> None:
        app = build(settings)
        try:
            await _check_schema(app.database)
            await app.database.set_clock()
            await work(app)
        finally:
            await app.stop()

    _run(run)


def with_database(
    settings: Settings, work: Callable[[Database], Awaitable[T]], *, any_schema: bool = False
) -> T:
    """For what needs neither platforms nor rules: both take long to import.

    ``any_schema`` is for what makes the schema, or can do without it.
    """
    from bot.database import database_of

    async def run() -> T:
        database = database_of(settings.storage)
        try:
            if not any_schema:
                await _check_schema(database)
            return await work(database)
        finally:
            await database.close()

    return _run(run)


def _run(work: Callable[[], Coroutine[object, object, T]]) -> T:
    from storage.database import Unavailable
    from storage.migrating import NewerSchema

    collect_garbage_from_now_on()
    try:
        return asyncio.run(work())
    except NewerSchema as error:
        fail(str(error))
    except Unavailable as error:
        fail(
            f"数据库连不上：{error}。请检查 [storage] url；还没有数据库时先运行 paidan serve 或 paidan migrate。"
        )


async def _check_schema(database: Database) -> None:
    from storage.database import Unavailable

    if database.path is not None and not database.path.exists():
        raise Unavailable(f"没有文件 {database.path}")
    if not await database.fits():
        fail("数据库结构和这个版本的派单对不上，或还没有建好：请先运行 paidan migrate。")


def collect_garbage_from_now_on() -> None:
    """All that has been imported stays until the end, and is not looked at again."""
    gc.freeze()
    gc.enable()


def progress(what: str) -> Callable[[int, int], None]:
    """A line that counts up on a terminal; a line now and then in a log; nothing for what is done at once."""
    told = 0

    def show(done: int, total: int) -> None:
        nonlocal told
        if sys.stderr.isatty():
            typer.echo(f"\r{what} {done}/{total}", err=True, nl=done >= total)
        elif total > A_STEP and (done >= total or done - told >= A_STEP):
            told = done
            typer.echo(f"{what} {done}/{total}", err=True)

    return show


def fail(sentence: str) -> NoReturn:
    typer.echo(f"✗ {sentence}", err=True)
    raise typer.Exit(1)
