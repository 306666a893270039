"""Every ticket as one JSON object: what ``paidan export`` prints and ``storage.importing`` reads back.

People stand in it by name for readers and by id for the way back; ``people`` says whose accounts an id had.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import CLOCK, TicketId
from storage import people_rows
from storage.deadlines import deadlines
from storage.events import people_in, plain
from storage.people_tables import people
from storage.rounds import rounds
from storage.ticket_tables import events, files, followers, tickets
from storage.tickets import PLAIN, draft_number
from storage.timers import timers

BATCH = 200

Line = dict[str, Any]


async def lines(connection: AsyncConnection) -> AsyncIterator[Line]:
    """In the order in which they were made, a batch at a time."""
    last = 0
    while rows := await _after(connection, last):
        last = rows[-1].id
        for line in await _batch(connection, rows):
            yield line


async def _after(connection: AsyncConnection, last: int) -> list[Row[Any]]:
    wanted = select(tickets).where(tickets.c.id > last).order_by(tickets.c.id).limit(BATCH)
    return list((await connection.execute(wanted)).all())


async def _batch(connection: AsyncConnection, rows: list[Row[Any]]) -> list[Line]:
    ids = [row.id for row in rows]
    parts = {
        "events": await _of(connection, events, ids, "seq"),
        "followers": await _of(connection, followers, ids, "person"),
        "files": await _of(connection, files, ids, "id"),
        "deadlines": await _of(connection, deadlines, ids, "cycle", "goal"),
        "timers": await _of(connection, timers, ids, "key"),
        "rounds": await _of(connection, rounds, ids, "ticket"),
    }
    lines = [_line(row, {name: part.get(row.id, []) for name, part in parts.items()}) for row in rows]
    await _name_people(connection, lines)
    return lines


async def _of(
    connection: AsyncConnection, table: Table, ids: list[TicketId], *order: str
) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in await connection.execute(
        select(table).where(table.c.ticket.in_(ids)).order_by(*(table.c[name] for name in order))
    ):
        found.setdefault(row.ticket, []).append(row)
    return found


def _line(row: Row[Any], parts: Mapping[str, list[Row[Any]]]) -> Line:
    return {
        "number": row.number or draft_number(row.id),
        "draft": draft_number(row.id),
        **{name: plain(getattr(row, name)) for name in PLAIN if name not in {"requester", "assignee"}},
        "requester_id": row.requester,
        "assignee_id": row.assignee,
        "origin": {"platform": row.origin_platform, "kind": row.origin_kind, "key": row.origin_key},
        "transfer": _transfer(row),
        "follower_ids": [follower.person for follower in parts["followers"] if follower.follows],
        "affected_ids": [follower.person for follower in parts["followers"] if follower.affected],
        "files": [_columns(file, files, "id", "ticket") for file in parts["files"]],
        "deadlines": [_columns(deadline, deadlines, "ticket") for deadline in parts["deadlines"]],
        "timers": [_timer(timer) for timer in parts["timers"]],
        "round": next((_columns(round_, rounds, "ticket") for round_ in parts["rounds"]), None),
        "events": [_event(event) for event in parts["events"]],
    }


def _transfer(row: Row[Any]) -> Line | None:
    if row.transfer_to is None:
        return None
    return {
        "to": row.transfer_to,
        "by": row.transfer_by,
        "reason": row.transfer_reason,
        "at": plain(row.transfer_at),
    }


def _timer(row: Row[Any]) -> Line:
    """Keys name the ticket by its id, which is another one elsewhere."""
    kind, _, rest = row.key.partition(":")
    return {"kind": kind, "detail": rest.partition(":")[2], "due_at": plain(row.due_at)}


def _event(row: Row[Any]) -> Line:
    return {"kind": row.kind, "at": plain(row.at), "actor_id": row.actor, **row.payload}


def _columns(row: Row[Any], table: Table, *without: str) -> Line:
    names = [column.name for column in table.c if column.name not in without]
    return {name: plain(getattr(row, name)) for name in names}


# ── names ──


async def _name_people(connection: AsyncConnection, lines: Iterable[Line]) -> None:
    meant = {person for line in lines for person in _people_of(line)}
    found = {p.id: p for p in await people_rows.load(connection, people.c.id.in_(meant))}
    names: dict[int | None, str] = {id_: person.name for id_, person in found.items()}
    for line in lines:
        line["requester"] = names.get(line["requester_id"])
        line["assignee"] = names.get(line["assignee_id"])
        line["followers"] = [names[person] for person in line["follower_ids"]]
        for event in line["events"]:
            event["actor"] = names.get(event["actor_id"], CLOCK.name)
        line["people"] = {
            str(id_): {
                "name": found[id_].name,
                "accounts": [f"{account.platform}:{account.user_id}" for account in found[id_].accounts],
            }
            for id_ in sorted(_people_of(line))
            if id_ in found
        }


def _people_of(line: Line) -> set[Any]:
    meant = {line["requester_id"], line["assignee_id"], *line["follower_ids"], *line["affected_ids"]}
    meant |= {file["by"] for file in line["files"]}
    meant |= {deadline[name] for name in ("taken_by", "asked_by") for deadline in line["deadlines"]}
    meant |= {line["transfer"][side] for side in ("to", "by")} if line["transfer"] else set()
    meant |= {line["round"]["offered_to"], *line["round"]["asked"]} if line["round"] else set()
    for event in line["events"]:
        meant |= {event["actor_id"], *_named_in(event)}
    return meant - {None}


def _named_in(event: Line) -> Iterator[Any]:
    for name in people_in(event["kind"]) & event.keys():
        yield from event[name] if isinstance(event[name], list) else [event[name]]
