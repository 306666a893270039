"""What is counted and timed for Prometheus, and the words by which a line of the log is found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.chat import Incoming, Receive, Reply
from storage.queries.stock import Stock

# Seconds. A vendor waits five for an answer, we promise it within 0.3 (p99).
_ANSWERED = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5)
_DELIVERED = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800)
_LAG = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)
_LOOK = 0.5


class Meters:
    """One set for each program, so that two in one process count apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._incoming = Counter(
            "paidan_incoming",
            "Messages and presses, and what became of each",
            ["platform", "kind", "outcome"],
            registry=self.registry,
        )
        self._answered = Histogram(
            "paidan_answer_seconds",
            "From hearing it to having it durable and an answer",
            ["platform"],
            buckets=_ANSWERED,
            registry=self.registry,
        )
        self._effects = Counter(
            "paidan_effects", "Attempts to deliver, by outcome", ["kind", "outcome"], registry=self.registry
        )
        self._delivered = Histogram(
            "paidan_delivery_seconds",
            "From the commit to the platform's yes",
            buckets=_DELIVERED,
            registry=self.registry,
        )
        self._lag = Histogram(
            "paidan_loop_lag_seconds",
            "How late the event loop came back",
            buckets=_LAG,
            registry=self.registry,
        )

    # ── what comes in ──

    def counted(self, receive: Receive, is_kept: Callable[[Reply], bool]) -> Receive:
        """``receive``, counted and timed. ``is_kept`` tells its answers for what is worked later."""

        async def counting(incoming: Incoming) -> Reply:
            with structlog.contextvars.bound_contextvars(message=incoming.id), self._timed(incoming):
                reply = await receive(incoming)
                self._count(incoming, "kept" if is_kept(reply) else "answered")
                return reply

        return counting

    @contextmanager
    def _timed(self, incoming: Incoming) -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        except BaseException:
            self._count(incoming, "refused")
            raise
        finally:
            self._answered.labels(incoming.sender.platform).observe(perf_counter() - begun)

    def _count(self, incoming: Incoming, outcome: str) -> None:
        self._incoming.labels(incoming.sender.platform, type(incoming).__name__.lower(), outcome).inc()

    # ── what goes out ──

    def attempted(self, kind: str, outcome: str) -> None:
        self._effects.labels(kind, outcome).inc()

    def delivered(self, kind: str, took: timedelta) -> None:
        self.attempted(kind, "done")
        self._delivered.observe(max(took.total_seconds(), 0.0))

    # ── the loop ──

    async def watch_loop(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            asleep = loop.time()
            await asyncio.sleep(_LOOK)
            self._lag.observe(max(loop.time() - asleep - _LOOK, 0.0))


class StockNumbers(Collector):
    """The stock as of the last scrape; nothing while the database is away, so that no old number looks alive."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.stock: Stock | None = None
        self._now = now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        if self.stock is not None:
            yield from _families(self.stock, self._now())

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()


def _families(stock: Stock, now: datetime) -> Iterator[GaugeMetricFamily]:
    tickets = GaugeMetricFamily("paidan_tickets", "Unfinished tickets", labels=["desk", "state"])
    for (desk, state), count in stock.tickets.items():
        tickets.add_metric([desk, state.value], count)
    outbox = GaugeMetricFamily("paidan_outbox", "Effects that are not delivered", labels=["state"])
    for stage, count in stock.outbox.items():
        outbox.add_metric([stage.value], count)
    inbox = GaugeMetricFamily("paidan_inbox", "Messages that are not worked", labels=["state"])
    for name, count in stock.inbox.items():
        inbox.add_metric([name], count)
    late = (now - stock.oldest_due).total_seconds() if stock.oldest_due else 0.0
    about = "How long the oldest effect has been due; 0 when nothing is"
    yield from (
        tickets,
        outbox,
        inbox,
        GaugeMetricFamily("paidan_outbox_late_seconds", about, max(late, 0.0)),
    )
