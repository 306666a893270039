"""What is in the envelope: compressed lines of JSON. A header, the rows of each table, files, and the sums of all that.

    {"format": 1, "created_at": …, "revision": …, "tables": [{"name", "columns": [[name, kind], …], "rows"}, …]}
    {"table": "people"}          and then a list for each row, its values in the order of the columns
    {"file": "2026/x.jpg"}       and then its content in pieces of base64
    {"end": {"people": {"rows", "sha256", "last_id"}, …, "files": {…}}}

Nothing here knows today's tables: an older backup says itself what its columns were.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from storage.backup.errors import Damaged, NotABackup
from storage.backup.sealed import Sealing

FORMAT = 1
FILES = "files"  # among the sums
PIECE = 48 * 1024  # bytes of a file in one line
_LEVEL = 3  # measured: 6 takes twice as long for a tenth less

Kind = Literal["int", "float", "text", "time", "date", "json", "bool", "bytes"]
Row = list[Any]


@dataclass(frozen=True)
class TableShape:
    """``rows`` is how many follow."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: int


@dataclass(frozen=True)
class Header:
    created_at: datetime
    revision: str
    tables: tuple[TableShape, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


@dataclass
class Sum:
    """Of one table, or of all files: lines as they stand, one after the other."""

    rows: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)
    last_id: int | None = None

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.sha256.update(line)

    def told(self) -> dict[str, Any]:
        return {"rows": self.rows, "sha256": self.sha256.hexdigest(), "last_id": self.last_id}


class LinesOut:
    def __init__(self, sealing: Sealing, header: Header) -> None:
        self._sealing = sealing
        self._packing = zlib.compressobj(_LEVEL)
        self._sums: dict[str, Sum] = {}
        self._put(_line({"format": FORMAT, **asdict(header), "created_at": header.created_at.isoformat()}))

    def table(self, shape: TableShape, last_id: int | None) -> Callable[[Iterable[Sequence[Any]]], None]:
        """Begins a table; give its rows to what is returned."""
        self._put(_line({"table": shape.name}))
        total = self._sums[shape.name] = Sum(last_id=last_id)
        write = [_WRITERS.get(kind, _as_it_is) for _, kind in shape.columns]

        def rows(batch: Iterable[Sequence[Any]]) -> None:
            for row in batch:
                values = [None if v is None else w(v) for w, v in zip(write, row, strict=True)]
                self._counted(values, total)

        return rows

    def file(self, name: str, path: Path) -> None:
        total = self._sums.setdefault(FILES, Sum())
        self._counted({"file": name}, total)
        with path.open("rb") as content:
            while piece := content.read(PIECE):
                self._counted(base64.b64encode(piece).decode(), total)

    def finish(self) -> None:
        self._put(_line({"end": {name: total.told() for name, total in self._sums.items()}}))
        self._sealing.write(self._packing.flush())
        self._sealing.finish()

    def _counted(self, value: object, total: Sum) -> None:
        line = _line(value)
        total.add(line)
        self._put(line)

    def _put(self, line: bytes) -> None:
        self._sealing.write(self._packing.compress(line))


@dataclass(frozen=True)
class OfTable:
    """Its lines follow."""

    shape: TableShape


@dataclass(frozen=True)
class OfFile:
    name: str


Part = OfTable | OfFile | bytes


class LinesIn:
    """``header`` is there at once. ``parts`` raises Damaged at the latest at its end, so nothing may be kept before."""

    def __init__(self, texts: Iterator[bytes]) -> None:
        self._lines = _unpacked(texts)
        self.header = _header(next(self._lines, b""))
        self.last_ids: dict[str, int] = {}

    def parts(self) -> Iterator[Part]:
        shapes = {shape.name: shape for shape in self.header.tables}
        sums: dict[str, Sum] = {}
        total = Sum()
        for line in self._lines:
            if not line.startswith(b"{"):
                total.add(line)
                yield line
                continue
            match json.loads(line):
                case {"table": name} if name in shapes:
                    total = sums[name] = Sum()
                    yield OfTable(shapes[name])
                case {"file": name}:
                    total = sums.setdefault(FILES, Sum())
                    total.add(line)
                    yield OfFile(name)
                case {"end": wanted}:
                    self._compare(sums, wanted)
                    return
        raise Damaged("没有结尾")

    def _compare(self, sums: Mapping[str, Sum], wanted: Mapping[str, Any]) -> None:
        if next(self._lines, None) is not None or sums.keys() != wanted.keys():
            raise Damaged("内容和结尾的清单对不上")
        for name, total in sums.items():
            if {**total.told(), "last_id": None} != {**wanted[name], "last_id": None}:
                raise Damaged(f"{name} 的行数或校验和对不上")
        self.last_ids = {n: w["last_id"] for n, w in wanted.items() if w["last_id"] is not None}


def row_of(line: bytes, shape: TableShape) -> dict[str, Any]:
    read = ((name, _READERS.get(kind, _as_it_is)) for name, kind in shape.columns)
    return {n: None if v is None else r(v) for (n, r), v in zip(read, json.loads(line), strict=True)}


def piece_of(line: bytes) -> bytes:
    return base64.b64decode(json.loads(line))


def _unpacked(texts: Iterator[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj()
    rest = b""
    try:
        for text in texts:
            *whole, rest = (rest + unpacking.decompress(text)).split(b"\n")
            yield from (line + b"\n" for line in whole)
    except zlib.error:
        raise Damaged("压缩的内容读不出来") from None
    if rest or not unpacking.eof or unpacking.unused_data:
        raise Damaged("没有结尾")


def _header(line: bytes) -> Header:
    try:
        told = json.loads(line)
    except ValueError:
        raise Damaged("没有文件头") from None
    if told.get("format") != FORMAT:
        raise NotABackup
    tables = (
        TableShape(t["name"], tuple((name, kind) for name, kind in t["columns"]), t["rows"])
        for t in told["tables"]
    )
    return Header(datetime.fromisoformat(told["created_at"]), told["revision"], tuple(tables))


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _as_it_is(value: Any) -> Any:
    return value


_WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "time": datetime.isoformat,
    "date": date.isoformat,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": base64.b64decode,
}
