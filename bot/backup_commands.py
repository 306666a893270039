"""``paidan backup`` and ``paidan restore``: arguments only, as in ``bot.__main__``."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.shell import AsJson, Config, fail, progress, settings_of, with_database

if TYPE_CHECKING:
    from bot.backups import KeyPlace
    from bot.settings import Settings
    from storage.backup.restoring import Checked
    from storage.backup.sealed import BackupKey
    from storage.database import Database

KeyFile = Annotated[
    Path | None, typer.Option("--key", help="密钥文件；不给就用配置里的密钥和数据旁边的密钥文件")
]
T = TypeVar("T")


def backup(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="备份放在哪个目录")] = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="不做备份，只把这个备份文件从头读到尾检查")
    ] = None,
    key: KeyFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """加密备份全部数据和附件，可以和运行中的 serve 同时进行。"""
    if verify is not None:
        _check(verify, key, config, as_json=as_json)
    elif folder is not None:
        _backup(folder, config, as_json=as_json)
    else:
        typer.echo("✗ 请给出目录：paidan backup DIR", err=True)
        raise typer.Exit(2)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件")],
    check: Annotated[bool, typer.Option("--check", help="只从头读到尾检查，什么都不写")] = False,
    key: KeyFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """把备份恢复到空的数据库（SQLite 或 PostgreSQL）；恢复后暂停发送，核对后用 outbox release 放行。"""
    if check:
        _check(file, key, config, as_json=as_json)
    else:
        _restore(file, key, config, as_json=as_json)


def _backup(folder: Path, config: str | None, *, as_json: bool) -> None:
    from bot.backups import KeyPlace, take_backup
    from storage.clock import machine_time

    settings = settings_of(config)

    async def work(database: Database) -> dict[str, Any]:
        done = await take_backup(settings, database, folder, machine_time(), progress("备份"))
        keys = KeyPlace.of(settings, database)
        told = {"path": str(done.path), "rows": done.rows, "files": done.files, "bytes": done.bytes}
        return {**told, "key_file": "" if keys.configured else str(keys.path)}

    done = _in_words(settings, work)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
        return
    typer.echo(f"✓ {done['path']}：{done['rows']} 行，{done['files']} 个附件，{done['bytes']} 字节")
    if done["key_file"]:
        typer.echo(f"   密钥在 {done['key_file']}。没有它就不能恢复：请另存一份，不要和备份放在一起。")


def _check(file: Path, key: Path | None, config: str | None, *, as_json: bool) -> None:
    from bot.backups import KeyPlace
    from storage.backup.restoring import check

    settings = settings_of(config)

    async def work(database: Database) -> Checked:
        return await check(file, _keys(key, KeyPlace.of(settings, database)), progress("检查"))

    _tell(_in_words(settings, work), "✓ 备份完整", as_json=as_json)


def _restore(file: Path, key: Path | None, config: str | None, *, as_json: bool) -> None:
    from bot.backups import KeyPlace
    from bot.holding import WHAT_TO_DO
    from storage.backup.restoring import restore
    from storage.clock import machine_time

    settings = settings_of(config)

    async def work(database: Database) -> Checked:
        keys = _keys(key, KeyPlace.of(settings, database))
        return await restore(
            database, file, keys, Path(settings.storage.files), machine_time(), progress("恢复")
        )

    _tell(_in_words(settings, work), "✓ 已恢复", as_json=as_json)
    if not as_json:
        typer.echo(f"   发送已暂停，可以先启动 paidan serve 看看。{WHAT_TO_DO}")


def _tell(done: Checked, what: str, *, as_json: bool) -> None:
    told = {"created_at": done.created_at.isoformat(), "revision": done.revision}
    if as_json:
        typer.echo(json.dumps({**told, "rows": done.rows, "files": done.files}))
    else:
        typer.echo(f"{what}：{done.rows} 行，{done.files} 个附件，备份于 {told['created_at']}")


def _keys(key: Path | None, place: KeyPlace) -> list[BackupKey]:
    from bot.backups import read_key

    return [read_key(key)] if key is not None else place.all()


def _in_words(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """What goes wrong is one sentence."""
    from bot.backups import BadKeyFile
    from storage.backup.errors import UnusableBackup
    from storage.database import AlreadyRunning

    try:
        return with_database(settings, work, any_schema=True)
    except (UnusableBackup, BadKeyFile, AlreadyRunning) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}：{error.strerror}")
