"""Into a file and into another place, between all databases; and a file that is not whole is refused as a whole."""

from __future__ import annotations

import asyncio
import io
import json
import random
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select

from domain.files.file import Stage
from storage.backup.dumping import Dumped, dump
from storage.backup.errors import Damaged, NotABackup, NotEmpty, UnknownKey, UnusableBackup
from storage.backup.lines import LinesIn
from storage.backup.restoring import check, restore
from storage.backup.sealed import CHUNK, BackupKey, Sealing, opened
from storage.backup.shapes import LEFT_OUT, backed_up, kind_of
from storage.database import Database
from storage.outbox import Queued, enqueue
from storage.outbox_table import outbox
from storage.tables import metadata
from storage.ticket_tables import events, tickets
from storage.ticket_tables import files as ticket_files
from storage.verifying import head, verify
from tests.databases import Postgres
from tests.storage.making import T0, open_one
from tests.storage.test_exporting import busy_day

KEY = BackupKey("2026", bytes(range(32)))
OTHER = BackupKey("2026", bytes(32))

only_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


def untold(_done: int, _total: int) -> None:
    pass


async def dumped(db: Database, folder: Path, name: str = "x.backup") -> Dumped:
    return await dump(db, folder / "backups" / name, KEY, folder / "files", T0, untold)


async def content(db: Database) -> dict[str, list[Any]]:
    """But who had an effect last: nobody, after a restore."""
    async with db.read() as connection:
        return {
            table.name: sorted(json.dumps(list(row), default=str, sort_keys=True) for row in rows)
            for table in backed_up()
            for rows in [
                (await connection.execute(select(*(c for c in table.c if c.name != "claimed_by")))).all()
            ]
        }


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Nothing is there yet, not even a table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'new' / 'paidan.db'}")
        yield database
        await database.close()
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = await server.create()
    database = Database(url)
    yield database
    await database.close()
    await server.drop(url)


async def test_everything_comes_back_in_any_database(db: Database, empty: Database, tmp_path: Path) -> None:
    await busy_day(db)
    async with db.write() as connection:
        await enqueue(connection, [Queued("say", "{}", "lane"), Queued("say", "{}", "lane")], T0)
        gone = (await connection.execute(select(func.max(outbox.c.id)))).scalar_one()
        await connection.execute(delete(outbox).where(outbox.c.id == gone))
    (tmp_path / "files" / "2026").mkdir(parents=True)
    (tmp_path / "files" / "2026" / "照片.jpg").write_bytes(random.Random(5).randbytes(100_000))

    made = await dumped(db, tmp_path)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.bytes == made.path.stat().st_size
    checked = await check(made.path, [KEY], untold)
    assert (checked.rows, checked.files) == (made.rows, made.files)

    await restore(empty, made.path, [KEY], tmp_path / "new" / "files", T0, untold)
    assert await content(empty) == await content(db)
    assert (tmp_path / "new" / "files" / "2026" / "照片.jpg").stat().st_size == 100_000
    assert await empty.at_head()
    assert (await verify(empty, await head(db), untold)).broken is None
    async with empty.write() as connection:
        await enqueue(connection, [Queued("say", "{}", "lane")], T0)
        newest = (await connection.execute(select(func.max(outbox.c.id)))).scalar_one()
    assert newest > gone, "an id that was given once is never given again"
    opened_here, opened_there = await open_one(db, "新的"), await open_one(empty, "新的")
    assert opened_here == opened_there, "numbers go on where they were"


@only_sqlite
async def test_a_restored_database_still_refuses_what_points_to_nothing(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    await open_one(db)
    await restore(empty, (await dumped(db, tmp_path)).path, [KEY], tmp_path / "new" / "files", T0, untold)
    row = {"ticket": 99, "platform": "p", "kind": "image", "key": "k", "name": "n", "by": 0, "at": T0}
    row |= {"nth": 1, "stage": Stage.WAITING}
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with empty.write() as connection:
            await connection.execute(insert(ticket_files).values(row))


@only_sqlite
async def test_only_an_empty_place_is_restored_into(db: Database, empty: Database, tmp_path: Path) -> None:
    made = await dumped(db, tmp_path)
    with pytest.raises(NotEmpty):
        await restore(db, made.path, [KEY], tmp_path / "new" / "files", T0, untold)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(NotEmpty):
        await restore(empty, made.path, [KEY], tmp_path / "full", T0, untold)
    await empty.migrate()
    await restore(empty, made.path, [KEY], tmp_path / "new" / "files", T0, untold)
    assert await content(empty) == await content(db)


@pytest.fixture
async def small(db: Database, tmp_path: Path) -> bytes:
    await open_one(db)
    return (await dumped(db, tmp_path)).path.read_bytes()


def read_all(whole: bytes, *keys: BackupKey) -> int:
    return sum(1 for _ in LinesIn(opened(io.BytesIO(whole), keys or (KEY,))).parts())


def flipped(whole: bytes) -> Iterator[bytes]:
    bit = random.Random(20261125)
    for position in range(len(whole)):
        changed = bytes([whole[position] ^ (1 << bit.randrange(8))])
        yield whole[:position] + changed + whole[position + 1 :]


@only_sqlite
async def test_every_single_flipped_bit_is_found(small: bytes) -> None:
    assert read_all(small) > 10
    for wrong in flipped(small):
        with pytest.raises(UnusableBackup):
            read_all(wrong)


@only_sqlite
async def test_every_truncation_is_found_and_so_is_what_is_added(small: bytes) -> None:
    for end in range(0, len(small), 7):
        with pytest.raises(UnusableBackup):
            read_all(small[:end])
    with pytest.raises(Damaged):
        read_all(small + b"\0")


@only_sqlite
async def test_what_is_refused_is_said_and_nothing_is_written(
    small: bytes, empty_sqlite: Database, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.backup"
    for wrong, keys, error, words in [
        (small[:-100], [KEY], Damaged, "不完整或被改动"),
        (small, [OTHER], Damaged, "也可能是密钥不对"),
        (small, [BackupKey("别的", bytes(32))], UnknownKey, "「2026」"),
        (b"SQLite format 3\0" + bytes(100), [KEY], NotABackup, "不是派单的备份文件"),
        (b"", [KEY], NotABackup, "不是派单的备份文件"),
        (sealed(b'{"format": 2}\n'), [KEY], NotABackup, "更新版本"),
    ]:
        file.write_bytes(wrong)
        with pytest.raises(error, match=words):
            await restore(empty_sqlite, file, keys, tmp_path / "new" / "files", T0, untold)
        assert empty_sqlite.path is not None
        assert not empty_sqlite.path.exists()


@pytest.fixture
async def empty_sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'paidan.db'}")
    yield database
    await database.close()


def sealed(text_: bytes) -> bytes:
    file = io.BytesIO()
    sealing = Sealing(file, KEY)
    sealing.write(zlib.compress(text_))
    sealing.finish()
    return file.getvalue()


def test_chunks_keep_their_places() -> None:
    file = io.BytesIO()
    sealing = Sealing(file, KEY)
    whole = random.Random(1).randbytes(4 * CHUNK)
    sealing.write(whole)
    sealing.finish()
    size, raw = CHUNK + 16, file.getvalue()
    start = len(raw) - 4 * size
    head, chunks = raw[:start], [raw[start + n * size : start + (n + 1) * size] for n in range(4)]
    assert b"".join(opened(io.BytesIO(raw), [KEY])) == whole
    for order in [(1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3), (0, 1, 1, 2, 3), (0, 1, 2), (3,), (0, 1, 2, 3, 3)]:
        with pytest.raises(Damaged):
            list(opened(io.BytesIO(head + b"".join(chunks[n] for n in order)), [KEY]))


@only_sqlite
async def test_an_interrupted_backup_leaves_nothing(db: Database, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await dump(db, tmp_path / "backups" / "x.backup", KEY, tmp_path / "files", T0, interrupt)
    assert list((tmp_path / "backups").iterdir()) == []


async def test_a_backup_is_of_one_moment(db: Database, empty_sqlite: Database, tmp_path: Path) -> None:
    """A ticket that comes while tables are read is in all of them or in none."""
    going_on = True

    async def people_go_on() -> None:
        while going_on:
            await open_one(db)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(people_go_on())
        made = await dumped(db, tmp_path)
        going_on = False
    await restore(empty_sqlite, made.path, [KEY], tmp_path / "new" / "files", T0, untold)
    async with empty_sqlite.read() as connection:
        count = func.count(events.c.seq)
        rows = await connection.execute(
            select(tickets.c.event_count, count).outerjoin(events).group_by(tickets.c.id)
        )
        assert all(wanted == found for wanted, found in rows)


def test_every_column_has_a_kind_and_what_is_left_out_exists() -> None:
    for table in backed_up():
        for column in table.c:
            kind_of(column)
        assert table.autoincrement_column is None or table.autoincrement_column.name == "id"
    assert metadata.tables.keys() >= LEFT_OUT
