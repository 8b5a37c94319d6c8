"""One call with everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.accounts.models import User
from console.finance.calls.listing import SHOWN, Row, row_of
from console.finance.calls.words import lasted, problem_of
from console.finance.percents import change
from console.keys.models import ApiKey
from console.usage.adjusting import adjustments_of
from console.usage.models import Adjustment, CostSource, RecordState, UsageRecord
from console.usage.proof import Proof, proof_of_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """xAI's amount beside ours, where both are known and not equal."""

    reported: int  # ticks
    computed: int
    share: str  # of ours, such as "+5%"; in words where ours is 0

    @property
    def ticks(self) -> int:
        """Return xAI's less ours."""
        return self.reported - self.computed


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCall:
    """One call; None and empty texts are not known or not yet."""

    row: Row
    state: RecordState
    person_id: UUID
    team_id: UUID
    key_id: UUID
    key_is_open: bool  # this person can open its page
    model_id: UUID | None
    model_name: str  # xAI's id of it
    price_id: UUID | None
    price_seen_at: datetime | None  # first seen
    first_token_at: datetime | None
    settled_at: datetime | None
    waited: str  # for the first token
    problem: str
    status: int | None
    request_id: str
    image_tokens: int | None
    proof: Proof | None  # None: not settled
    is_unknown: bool  # nothing could be booked, so an amount can be entered by hand
    adjustments: list[Adjustment]  # what was, the one that counts first
    difference: Difference | None

    @property
    def overrun(self) -> int | None:
        """Return by how many ticks it cost more than its ceiling; None: not at all."""
        cost, ceiling = self.row.ticks, self.row.ceiling
        if cost is None or ceiling is None or cost <= ceiling:
            return None
        return cost - ceiling


def one_call(user: User, record_id: UUID) -> OneCall | None:
    """Return a call this person may see; None for any other.

    Two queries, and one more for a call of unknown cost.
    """
    records = UsageRecord.objects.visible_to(user).select_related("price", *SHOWN)
    record = records.filter(pk=record_id).first()
    if record is None:
        return None
    keys = ApiKey.objects.visible_to(user).filter(pk=record.key_id)
    settled = record.state == RecordState.SETTLED
    is_unknown = settled and record.source == CostSource.UNKNOWN
    return OneCall(
        row=row_of(record),
        state=RecordState(record.state),
        person_id=record.consumer.person_id,
        team_id=record.team_id,
        key_id=record.key_id,
        key_is_open=keys.exists(),
        model_id=record.model_id,
        model_name=record.model.model_id if record.model else "",
        price_id=record.price_id,
        price_seen_at=record.price.first_seen_at if record.price else None,
        first_token_at=record.first_token_at,
        settled_at=record.settled_at,
        waited=lasted(record.opened_at, record.first_token_at),
        problem=problem_of(record),
        status=record.status,
        request_id=record.upstream_request_id,
        image_tokens=record.image_tokens,
        proof=proof_of_record(record) if settled else None,
        is_unknown=is_unknown,
        adjustments=adjustments_of(record) if is_unknown else [],
        difference=difference_of(record),
    )


def difference_of(record: UsageRecord) -> Difference | None:
    """Return both amounts of a call where they are known and not equal."""
    reported, computed = record.reported_ticks, record.computed_ticks
    moved = change(computed, reported)
    if reported is None or computed is None or moved is None:
        return None
    return Difference(reported=reported, computed=computed, share=moved.words)
