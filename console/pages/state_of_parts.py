"""What the status page says of each part. A part that cannot be asked is a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, Min
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from console import vault
from console.audit import anchors, chain, selfcheck
from console.lib.templatetags.gatehouse import ago, span
from console.pages import health
from console.polling import life, schedule
from console.polling.models import Breaker
from console.usage.ledger import REAP_AFTER
from console.usage.models import (
    LedgerCheck,
    RecordState,
    ReportingZone,
    TouchedSlot,
    UsageRecord,
)

LATE = timedelta(minutes=2)  # a due poll nobody took, or a beat that did not ring


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the status page."""

    name: str
    tone: str  # "ok", "warn" or "bad"
    sentence: str
    detail: str = ""


def all_parts(*, now: datetime) -> list[Part]:
    """Ask every part. Takes two seconds at most for a broker that does not answer."""
    asked: list[tuple[str, Callable[[datetime], Part]]] = [
        ("Database", database),
        ("Migrations", migrations),
        ("Broker", broker),
        ("Worker", worker),
        ("Beat", beat),
        ("Polls", polls),
        ("Upstream", upstream),
        ("Vault", seal),
        ("Usage records", usage_records),
        ("Usage sums", usage_sums),
        ("Ledger", ledger_check),
        ("Audit trail", audit),
    ]
    return [_asked(name, ask, now) for name, ask in asked]


def database(now: datetime) -> Part:
    """PostgreSQL answers, and how fast."""
    start = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        theirs = cursor.fetchone()[0]
    took = (perf_counter() - start) * 1000
    ahead = abs((theirs - now).total_seconds())
    detail = f"its clock and ours differ by {ahead:.1f} s" if ahead >= 1 else ""
    tone = "warn" if ahead >= 5 else "ok"
    return Part("Database", tone, f"answers in {took:.1f} ms", detail)


def migrations(now: datetime) -> Part:
    """The tables fit this version."""
    waiting = health.unapplied_migrations()
    if waiting:
        return Part(
            "Migrations",
            "bad",
            f"{waiting} wait",
            "run manage.py migrate, then restart",
        )
    return Part("Migrations", "ok", "all are applied")


def broker(now: datetime) -> Part:
    """The doorbell of the workers."""
    start = perf_counter()
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError, RedisError):
        text = "is not reachable"
        return Part("Broker", "bad", text, "nothing is lost; checks wait until it is")
    return Part("Broker", "ok", f"answers in {(perf_counter() - start) * 1000:.1f} ms")


def worker(now: datetime) -> Part:
    """Judged by what it finished, not by its process."""
    poller = life.poller_state(now)
    finished = f"last finished work {ago(poller.last_at)}"
    return Part("Worker", "ok" if poller.alive else "bad", finished, poller.sentence)


def beat(now: datetime) -> Part:
    """Rings every 10 seconds."""
    rang = life.last_beat(life.BEAT)
    tone = "ok" if rang and now - rang < LATE else "bad"
    return Part("Beat", tone, f"last rang {ago(rang)}")


def polls(now: datetime) -> Part:
    """How late the oldest due check is."""
    number, oldest = schedule.due_now()
    if oldest is None:
        return Part("Polls", "ok", "none is due")
    late = now - oldest
    tone = "ok" if late < LATE else "warn"
    return Part("Polls", tone, f"{number:,} due, the oldest since {span(late)}")


def upstream(now: datetime) -> Part:
    """Hosts that fail so often that they are left alone for a while."""
    resting = Breaker.objects.filter(open_until__gt=now).order_by("host")
    until = resting.values_list("host", "open_until")
    said = [f"{host} rests for {span(end - now)}" for host, end in until if end]
    hosts = ", ".join(f"{name} at {url}" for name, url in settings.XAI_HOSTS.items())
    return Part("Upstream", "bad" if said else "ok", "; ".join(said) or "in use", hosts)


def seal(now: datetime) -> Part:
    """The vault is open or sealed."""
    state = vault.state()
    return Part("Vault", "ok" if state.is_open else "bad", state.sentence)


def usage_records(now: datetime) -> Part:
    """Calls that are not settled yet."""
    unsettled = UsageRecord.objects.filter(state=RecordState.OPEN)
    row = unsettled.aggregate(n=Count("id"), oldest=Min("opened_at"))
    if not row["n"]:
        return Part("Usage records", "ok", "none is open")
    tone = "warn" if now - row["oldest"] > REAP_AFTER else "ok"
    return Part("Usage records", tone, f"{row['n']:,} open, since {ago(row['oldest'])}")


def usage_sums(now: datetime) -> Part:
    """How far calls are added up into slots, days and months."""
    waiting = TouchedSlot.objects.values("slot_starts_at").distinct().count()
    upto = ReportingZone.objects.aggregate(oldest=Min("added_up_at"))["oldest"]
    if upto is None:
        return Part("Usage sums", "warn", "were not added up yet")
    text = f"added up {ago(upto)}"
    if waiting:
        text += f", {waiting:,} slots wait"
    return Part("Usage sums", "warn" if now - upto > LATE else "ok", text)


def ledger_check(now: datetime) -> Part:
    """What the last comparison of all sums with their calls said."""
    last = LedgerCheck.objects.order_by("-id").first()
    if last is None:
        return Part("Ledger", "warn", "sums were not compared with their calls yet")
    text = f"checked {ago(last.at)} by {last.by}"
    if last.differences:
        text += f": {last.differences:,} differ"
        return Part("Ledger", "bad", text, "manage.py ledger check says which")
    return Part("Ledger", "ok", f"{text}: sums are what their calls say")


def audit(now: datetime) -> Part:
    """The chain's end, and the last time all of it was read beside its anchors."""
    head = chain.head()
    if head is None:
        return Part("Audit trail", "ok", "has no entry yet")
    kept = selfcheck.newest()
    if kept is None:
        return Part("Audit trail", "warn", f"{head.seq:,} entries, not verified yet")
    upto = kept.result.entries
    read = f"verified {ago(kept.at)} by {kept.by}, up to entry {upto:,}"
    if not kept.result.sound:
        return Part("Audit trail", "bad", kept.result.sentence, read)
    anchor = anchors.last(settings.AUDIT_ANCHORS)
    if anchor and anchors.contradicts(anchor):
        text = f"has not the entry {anchor.seq:,} that its newest anchor notes"
        return Part("Audit trail", "bad", text, read)
    return Part("Audit trail", "ok", f"{head.seq:,} entries", read)


def _asked(name: str, ask: Callable[[datetime], Part], now: datetime) -> Part:
    try:
        return ask(now)
    except vault.Sealed:
        return Part(name, "warn", "cannot be judged while the vault is sealed")
    except (DatabaseError, InterfaceError):
        return Part(name, "bad", "cannot be judged: the database refused")
    except RedisError:
        return Part(name, "bad", "cannot be judged: the cache does not answer")
