"""``paidan verify``: arguments only, as in ``bot.__main__``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.shell import AsJson, Config, progress, settings_of, with_database

if TYPE_CHECKING:
    from storage.chain import Head
    from storage.verifying import Books, Verified

STAGES = {"done": "已送达", "waiting": "待发", "claimed": "发送中", "dead": "死信", "discarded": "已放弃"}


def verify(
    head: Annotated[bool, typer.Option("--head", help="只打印链头；请把它抄到别处")] = False,
    against: Annotated[str | None, typer.Option("--against", help="以前抄下的链头，形如 120:ab12…")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """检查历史有没有被改动过（审计链）和账目是否相符；有问题时退出码为 1。可以和 serve 同时运行。"""
    from storage import verifying

    earlier, settings = _head_in(against), settings_of(config)
    if head:
        typer.echo(str(with_database(settings, verifying.head)))
        return
    found = with_database(settings, lambda database: verifying.verify(database, earlier, progress("检查")))
    _tell(found, as_json=as_json)
    raise typer.Exit(0 if found.ok else 1)


def _head_in(written: str | None) -> Head | None:
    from storage.chain import Head

    try:
        return None if written is None else Head.read(written)
    except ValueError:
        typer.echo("✗ --against 应是 paidan verify --head 打印的那一行，形如 120:ab12…", err=True)
        raise typer.Exit(2) from None


def _tell(found: Verified, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False))
        return
    typer.echo(_chain(found))
    typer.echo(_tickets(found.books))
    books = found.books
    typer.echo(
        f"  收到 {books.received} = 已处理（含已拒绝）{books.worked} + 待处理 {books.waiting} + 死信 {books.dead}"
    )
    typer.echo("  发送：" + "，".join(f"{STAGES[stage]} {rows}" for stage, rows in books.outbox.items()))


def _chain(found: Verified) -> str:
    if found.broken is None:
        return f"✓ 审计链完整：{found.head.link} 环，链头 {found.head}"
    place = f"：{found.where}" if found.where else ""
    return f"✗ 审计链在第 {found.broken.link} 环断开，{found.broken.why}{place}"


def _tickets(books: Books) -> str:
    if books.wrong:
        return f"✗ 记录条数和工单不符：{'、'.join(books.wrong)}"
    return f"✓ 账目相符：{books.tickets} 张工单，{books.events} 条记录"


def _as_json(found: Verified) -> dict[str, Any]:
    books = found.books
    broken = found.broken and {"link": found.broken.link, "why": found.broken.why, "where": found.where}
    return {
        "ok": found.ok,
        "head": str(found.head),
        "broken": broken,
        "tickets": books.tickets,
        "events": books.events,
        "wrong_tickets": list(books.wrong),
        "received": books.received,
        "worked": books.worked,
        "waiting": books.waiting,
        "dead": books.dead,
        "outbox": dict(books.outbox),
    }
