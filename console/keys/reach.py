"""How much a key may do, in figures for bars, as `assessment` last found it."""

from __future__ import annotations

from dataclasses import dataclass

from console.keys.acls import ENDPOINTS
from console.keys.models import ApiKey

BARS = 8  # a bar board of models is never wider


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    allowed: int
    listed: int
    everything: bool  # by a wildcard, so what comes later too

    @property
    def bars(self) -> int:
        """Return how many bars stand for everything."""
        return min(self.listed, BARS)

    @property
    def filled(self) -> int:
        """Return how many of them are filled: one at least for a small share."""
        return -(-self.allowed * self.bars // self.listed) if self.listed else 0


@dataclass(frozen=True, slots=True)
class Reach:
    """What one key may do; None where it is not known."""

    models: Share | None
    endpoints: Share | None

    @property
    def unknown(self) -> bool:
        """Tell whether nothing is known."""
        return self.models is None and self.endpoints is None


def reach_of(key: ApiKey) -> Reach:
    """Return the figures of the row; nothing is resolved and nothing asked."""
    models = endpoints = None
    if key.models_in_reach is not None:
        listed = key.models_in_sight or 0
        models = Share(key.models_in_reach, listed, key.all_models)
    elif key.all_models:
        models = Share(0, 0, everything=True)
    if key.endpoints_in_reach is not None:
        endpoints = Share(key.endpoints_in_reach, len(ENDPOINTS), key.all_endpoints)
    return Reach(models, endpoints)
