"""Who spends, every call that may cost money, their sums, and budgets."""

from console.usage.models.adjustments import Adjustment
from console.usage.models.budgets import Budget, BudgetRaise, BudgetWindow, Span
from console.usage.models.effects import ChangeEffect
from console.usage.models.problems import ProblemDay
from console.usage.models.records import (
    DIFFERING,
    Consumer,
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
    UsageRecordQuerySet,
)
from console.usage.models.sums import (
    DIMENSIONS,
    MEASURES,
    LedgerCheck,
    ReportingZone,
    SumsQuerySet,
    TouchedSlot,
    UsageDay,
    UsageMonth,
    UsageSlot,
    UsageSums,
)

__all__ = [
    "DIFFERING",
    "DIMENSIONS",
    "MEASURES",
    "Adjustment",
    "Budget",
    "BudgetRaise",
    "BudgetWindow",
    "ChangeEffect",
    "Consumer",
    "CostSource",
    "Endpoint",
    "LedgerCheck",
    "Outcome",
    "ProblemDay",
    "RecordState",
    "ReportingZone",
    "Span",
    "SumsQuerySet",
    "TouchedSlot",
    "UsageDay",
    "UsageMonth",
    "UsageRecord",
    "UsageRecordQuerySet",
    "UsageSlot",
    "UsageSums",
]
