"""Metrics: what this process counted, and what the database tells when asked. Labels never hold ids or names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlmodel import Session

__all__ = ["Gauges", "Metrics", "Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge read from the database at each scrape. `name` comes without `lrx_`; `meaning` names the unit."""

    name: str
    meaning: str
    read: Callable[[Session], float]


class Metrics:
    """The counters of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lrx_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "lrx_request_seconds", "Seconds from request to answer.", ("method", "route"), registry=self.registry
        )
        self.statements = Counter(
            "lrx_statements", "Statements taken: stored or set_aside.", ("outcome",), registry=self.registry
        )
        self.records = Counter(
            "lrx_records", "Claims: recorded, known or amended.", ("result",), registry=self.registry
        )
        self.inquiries = Counter(
            "lrx_inquiries", "Questions of recipients by outcome.", ("recipient", "outcome"), registry=self.registry
        )
        self.connections = Gauge("lrx_connections", "Connections open now.", registry=self.registry)
        self.connections_closed = Counter(
            "lrx_connections_closed",
            "Connections ended: client, answered, idle, head_late, body_late, unread, refused, crowded, stopped.",
            ("reason",),
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """Everything counted, in the text format of Prometheus."""
        return generate_latest(self.registry)


class Gauges:
    """Readings and what they last showed, in a registry of their own."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.registry = CollectorRegistry()
        self._gauges = [
            (reading, Gauge(f"lrx_{reading.name}", reading.meaning, registry=self.registry)) for reading in readings
        ]

    def observe(self, session: Session) -> None:
        """Take the readings, in one snapshot."""
        for reading, gauge in self._gauges:
            gauge.set(reading.read(session))

    def lose_sight(self) -> None:
        """Show that the readings cannot be taken, instead of showing old ones."""
        for _, gauge in self._gauges:
            gauge.set(nan)

    def exposition(self) -> bytes:
        """Everything read, in the text format of Prometheus."""
        return generate_latest(self.registry)
