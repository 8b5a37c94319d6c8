"""The tables of keys. One row of each means what its class says."""

from console.keys.models.api_key import (
    HIGH_FROM,
    ApiKey,
    ApiKeyQuerySet,
    KeyState,
    marked,
)
from console.keys.models.findings import Finding, FindingKind, Severity
from console.keys.models.history import (
    KeyChange,
    KeyChangeQuerySet,
    KeyModel,
    KeySnapshot,
    Origin,
    Review,
    StateSpan,
    TeamChecks,
    XaiUser,
)
from console.keys.models.work import (
    ImportJob,
    ImportRow,
    ImportState,
    RowState,
    SavedView,
)

__all__ = [
    "HIGH_FROM",
    "ApiKey",
    "ApiKeyQuerySet",
    "Finding",
    "FindingKind",
    "ImportJob",
    "ImportRow",
    "ImportState",
    "KeyChange",
    "KeyChangeQuerySet",
    "KeyModel",
    "KeySnapshot",
    "KeyState",
    "Origin",
    "Review",
    "RowState",
    "SavedView",
    "Severity",
    "StateSpan",
    "TeamChecks",
    "XaiUser",
    "marked",
]
