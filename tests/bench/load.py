"""Requests offered over so many connections at once, each as soon as one is free."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import aiohttp
from yarl import URL


@dataclass(frozen=True)
class Request:
    url: str
    body: bytes


@dataclass(frozen=True)
class Offered:
    """``seconds`` for all together; ``waits`` of each in milliseconds."""

    seconds: float
    waits: Sequence[float]


class NotTaken(RuntimeError):
    """A figure with refused requests in it is none."""


async def offer(requests: Sequence[Request], connections: int) -> Offered:
    waits: list[float] = []
    left = iter(requests)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        began = perf_counter()
        await asyncio.gather(*(_hand(session, left, waits) for _ in range(connections)))
        return Offered(perf_counter() - began, waits)


async def _hand(session: aiohttp.ClientSession, left: Iterator[Request], waits: list[float]) -> None:
    for request in left:
        began = perf_counter()
        async with session.post(URL(request.url, encoded=True), data=request.body) as answer:
            await answer.read()
            if answer.status != 200:
                raise NotTaken(f"{answer.status} from {request.url}")
        waits.append((perf_counter() - began) * 1000)
