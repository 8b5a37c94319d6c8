"""Calls in the columns of FOCUS, the FinOps Open Cost and Usage Specification 1.2.

One row is one call that was charged for. FOCUS knows no unknown cost and forbids 0 in
its place, so calls of unknown cost have no row. The unit prices are left empty, since
the tokens of a call have several: with them the four costs are the booked amount, as
FOCUS has it. Columns of our own begin with `x_`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from console.lib import export
from console.lib.days import month_after, month_of
from console.lib.export import Record
from console.lib.ticks import usd_text
from console.usage.models import CostSource, Endpoint

SECOND: Final = timedelta(seconds=1)
SAME: Final = {  # in every row
    "BillingAccountType": "xAI team",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeClass": None,  # it corrects nothing
    "ChargeFrequency": "Usage-Based",
    "ContractedUnitPrice": None,
    "InvoiceId": None,  # xAI's invoices are not known here
    "InvoiceIssuerName": "xAI",
    "ListUnitPrice": None,
    "PricingCategory": "Standard",
    "ProviderName": "xAI",
    "PublisherName": "xAI",
    "ResourceType": "API key",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "xAI API",
    "ServiceSubcategory": "Generative AI",
}
COSTS: Final = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
OURS: Final = {  # column: what is stored
    "x_CallId": "id",
    "x_Person": "person",
    "x_Outcome": "outcome",
    "x_CostSource": "source",
    "x_CostTicks": "cost_ticks",
    "x_ReportedTicks": "reported_ticks",
    "x_ComputedTicks": "computed_ticks",
    "x_PromptTokens": "prompt_tokens",
    "x_CachedTokens": "cached_tokens",
    "x_ImageTokens": "image_tokens",
    "x_CompletionTokens": "completion_tokens",
    "x_ReasoningTokens": "reasoning_tokens",
}
FIELDS: Final = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit",
    "ProviderName", "PublisherName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter",
    "SkuPriceId", "Tags", *OURS,
)  # fmt: skip


def lines(rows: Iterable[Record]) -> Iterator[str]:
    """Yield the file line by line. What is null is an empty cell without quotes."""
    records = map(charge_of, rows)
    return export.csv_lines(records, fields=FIELDS, quoting=csv.QUOTE_MINIMAL)


def charge_of(row: Record) -> Record:
    """Return one call whose cost is known under FOCUS's names."""
    opened_at: datetime = row["opened_at"].astimezone(UTC)
    month = month_of(opened_at.date())
    ended_at = max(row["settled_at"] or opened_at, opened_at + SECOND)
    model = row["model_id_at_xai"] or row["model_served"] or row["model_asked"]
    endpoint = Endpoint(row["endpoint"]).label
    tokens = tokens_of(row)
    return {
        **SAME,
        **dict.fromkeys(COSTS, usd_text(row["cost_ticks"])),
        "BillingAccountId": row["xai_team_id"] or str(row["team_id"]),
        "BillingAccountName": row["team_name"],
        "BillingPeriodStart": _midnight(month),
        "BillingPeriodEnd": _midnight(month_after(month)),
        "ChargeDescription": f"One call of {model} at {endpoint}{_by_hand(row)}",
        "ChargePeriodStart": _second(opened_at),
        "ChargePeriodEnd": _second(ended_at),
        "ConsumedQuantity": tokens,
        "ConsumedUnit": None if tokens is None else "Tokens",
        "PricingQuantity": 1 if tokens is None else tokens,
        "PricingUnit": "Requests" if tokens is None else "Tokens",
        "ResourceId": row["key_id"],
        "ResourceName": row["key_label"],
        "SkuId": model,
        "SkuMeter": endpoint,
        "SkuPriceId": row["price_id"],
        "Tags": json.dumps({"endpoint": row["endpoint"], "team": row["team_name"]}),
        **{column: row[name] for column, name in OURS.items()},
    }


def tokens_of(row: Record) -> int | None:
    """Return all tokens of a call; None where xAI told not enough of them."""
    prompt, completion = row["prompt_tokens"], row["completion_tokens"]
    if prompt is None or completion is None:
        return None
    tokens: int = prompt + completion + (row["reasoning_tokens"] or 0)
    return tokens


def _by_hand(row: Record) -> str:
    return ", cost entered by hand" if row["source"] == CostSource.ADJUSTED else ""


def _midnight(day: Any) -> str:
    return _second(datetime.combine(day, time(), tzinfo=UTC))


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
