"""What went wrong with the calls of days that are over."""

from __future__ import annotations

from django.db import models

from console.usage.models.records import Endpoint


class ProblemDay(models.Model):
    """How many calls that began on one day of UTC ended with one problem.

    Written once, when no call of that day is open any more, so that counters of
    problems need not read the records again, and outlive them. Calls without a
    problem have a row too: it tells that the day was counted.
    """

    day = models.DateField()
    endpoint = models.CharField(max_length=16, choices=Endpoint)
    problem = models.CharField(max_length=64, blank=True)  # empty: none
    calls = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "endpoint", "problem"], name="problem_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.problem} {self.calls}"
