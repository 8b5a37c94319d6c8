"""Models and their prices, as xAI lists them, and what changed in them."""

from console.catalog.models.changes import (
    CatalogChange,
    ChangeKind,
    ChangeSight,
    TokenizerReading,
)
from console.catalog.models.listing import FactsVersion, LanguageModel
from console.catalog.models.prices import PRICE_FIELDS, PriceVersion

__all__ = [
    "PRICE_FIELDS",
    "CatalogChange",
    "ChangeKind",
    "ChangeSight",
    "FactsVersion",
    "LanguageModel",
    "PriceVersion",
    "TokenizerReading",
]
