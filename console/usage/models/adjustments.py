"""What calls of unknown cost came to, as people know it from xAI."""

from __future__ import annotations

from django.db import models

from console.accounts.models import User
from console.usage.models.records import UsageRecord


class Adjustment(models.Model):
    """What one call came to, entered by hand since its booked cost is unknown.

    Rows are never changed or deleted, the database refuses it: a later one, with the
    next `number`, takes the place of the one before. With each, a trigger notes the
    amount in the record, and so moves the budgets and the sums it is in.
    """

    record = models.ForeignKey(  # rows stay when the month of their call is dropped
        UsageRecord,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="adjustments",
    )
    number = models.PositiveSmallIntegerField()  # 1, 2 and so on of one call
    ticks = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "number"], name="usage_adjustment_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ticks__gte=0) & models.Q(number__gte=1),
                name="usage_adjustment_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.number}"
