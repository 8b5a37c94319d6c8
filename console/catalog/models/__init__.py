"""Models and their prices, as xAI lists them, and what changed in them."""

from console.catalog.models.changes import (
    CatalogChange,
    CatalogChangeQuerySet,
    ChangeKind,
    ChangeSight,
    TokenizerReading,
)
from console.catalog.models.listing import FactsVersion, LanguageModel
from console.catalog.models.prices import (
    PER_TOKEN,
    PRICE_FIELDS,
    PriceVersion,
    PriceVersionQuerySet,
)

__all__ = [
    "PER_TOKEN",
    "PRICE_FIELDS",
    "CatalogChange",
    "CatalogChangeQuerySet",
    "ChangeKind",
    "ChangeSight",
    "FactsVersion",
    "LanguageModel",
    "PriceVersion",
    "PriceVersionQuerySet",
    "TokenizerReading",
]
