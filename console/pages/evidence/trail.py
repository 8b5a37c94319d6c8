"""The audit trail in an evidence pack: an extract, all its links, and the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from console.audit import chain
from console.audit.anchors import Anchors
from console.audit.models import Entry
from console.lib.export import Record
from console.pages.audit_log import EXPORT_FIELDS, record_of
from console.pages.audit_spans import Span, span_of
from console.pages.evidence.scope import Scope
from console.pages.evidence.tables import Table

AT_ONCE = 2000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Extract:
    """The entries of a period, and the anchors taken of them."""

    scope: Scope
    span: Span | None  # None: no entry in the period
    anchors: Anchors

    def tables(self) -> list[Table]:
        """Return the tables of the trail."""
        return [
            Table(
                "audit",
                "Audit entries of the period, whole; for one team, those about it.",
                EXPORT_FIELDS,
                self._entries,
            ),
            Table(
                "audit-chain",
                "The links of all audit entries of the period: each names the mark "
                "of the entry before it.",
                ("seq", "prev", "mac"),
                self._links,
            ),
            Table(
                "audit-anchors",
                "Heads of the trail that Gatehouse noted outside the database.",
                ("at", "seq", "mac"),
                self._anchors,
            ),
        ]

    def proof(self) -> dict[str, Any]:
        """Return both ends of the period's chain, the head, and the verification.

        The whole trail is verified here, beside all anchors; vault.Sealed if that
        is not possible.
        """
        found = chain.verify(notes=self.anchors.notes)
        head = chain.head()
        ends = (
            Entry.objects.in_bulk([self.span.first, self.span.last])
            if self.span
            else {}
        )
        first, last = (ends[min(ends)], ends[max(ends)]) if ends else (None, None)
        said = (
            f"all {found.entries} entries follow in order"
            if found.sound
            else f"broken at entry {found.broken_at}, which {found.reason}"
        )
        return {
            "first": first.seq if first else None,
            "before": bytes(first.prev).hex() if first else None,
            "last": last.seq if last else None,
            "mac": bytes(last.mac).hex() if last else None,
            "head": {"seq": head.seq, "mac": head.mac.hex()} if head else None,
            "verification": {
                "sound": found.sound and not self.anchors.unreadable,
                "entries": found.entries,
                "broken_at": found.broken_at,
                "anchors": len(self.anchors.anchors),
                "unreadable_anchors": len(self.anchors.unreadable),
                "sentence": said,
            },
        }

    def _entries(self) -> Iterator[Record]:
        if self.span is None:
            return
        entries = Entry.objects.filter(
            seq__gte=self.span.first, seq__lte=self.span.last
        )
        if self.scope.team:
            entries = entries.filter(team_id=self.scope.team.pk)
        for entry in entries.order_by("seq").iterator(chunk_size=AT_ONCE):
            yield record_of(entry)

    def _links(self) -> Iterator[Record]:
        if self.span is None:
            return
        rows = Entry.objects.filter(seq__gte=self.span.first, seq__lte=self.span.last)
        links = rows.order_by("seq").values_list("seq", "prev", "mac")
        for seq, prev, mac in links.iterator(chunk_size=AT_ONCE):
            yield {"seq": seq, "prev": bytes(prev).hex(), "mac": bytes(mac).hex()}

    def _anchors(self) -> Iterator[Record]:
        for each in self.anchors.anchors:
            if self.span and self.span.first <= each.seq <= self.span.last:
                yield {"at": each.at, "seq": each.seq, "mac": each.mac.hex()}


def extract_of(scope: Scope, anchors: Anchors) -> Extract:
    """Find the entries of a period; `anchors` were read before the snapshot."""
    return Extract(scope, span_of(scope.start, scope.end), anchors)
