"""The dashboard for Grafana: it loads, and asks for what there is."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone

from console.pages.metrics.families import families
from tests.conventions.sources import PROJECT

FILE = PROJECT / "console" / "pages" / "grafana" / "gatehouse.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
METRIC = re.compile(r"\bgatehouse_\w+")
GROWING = re.compile(r"\b(?:rate|increase)\((gatehouse_\w+)(?:\{[^}]*\})?\[")


def metrics() -> dict[str, str]:
    """Return the type of each metric; without a sample, too, it has a name."""
    return {
        f"{one.name}_total" if one.type == "counter" else one.name: one.type
        for one in families(now=timezone.now())
    }


@pytest.mark.django_db
def test_every_expression_asks_for_metrics_that_there_are() -> None:
    kinds = metrics()

    for expression in EXPRESSIONS:
        named = METRIC.findall(expression)
        assert named
        assert set(named) <= kinds.keys(), expression
        counters = [one for one in named if kinds[one] == "counter"]
        assert GROWING.findall(expression) == counters, expression


@pytest.mark.django_db
def test_every_metric_is_on_the_dashboard() -> None:
    named = set(METRIC.findall("\n".join(EXPRESSIONS)))

    assert named == metrics().keys()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_brackets_and_quotes_are_closed(expression: str) -> None:
    left = re.sub(r'"[^"]*"', "", expression)
    assert '"' not in left

    while left != (less := re.sub(r"\([^(){}\[\]]*\)|\{[^{}]*\}|\[[^\]]*\]", "", left)):
        left = less

    assert not set("(){}[]") & set(left)


@pytest.mark.django_db
def test_labels_are_those_of_the_metrics() -> None:
    filters = re.findall(r"(gatehouse_\w+)\{(\w+)[!=~]", "\n".join(EXPRESSIONS))

    assert {label for _, label in filters} <= {"endpoint", "kind"}


def test_it_is_what_grafana_imports() -> None:
    assert DASHBOARD["id"] is None  # Grafana gives one
    assert DASHBOARD["uid"] == "gatehouse"
    assert DASHBOARD["schemaVersion"] >= 36
    (variable,) = DASHBOARD["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")


def test_every_panel_has_a_place_and_the_chosen_data_source() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    source = {"type": "prometheus", "uid": f"${{{variable_name()}}}"}
    for panel in PANELS:
        assert panel["title"]
        assert panel["datasource"] == source
        assert all(one["datasource"] == source for one in panel["targets"])
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        assert not overlap(one, other)


def variable_name() -> str:
    return str(DASHBOARD["templating"]["list"][0]["name"])


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )
