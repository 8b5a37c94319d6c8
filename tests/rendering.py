"""How templates render in tests: as in production, unless a test asks for contexts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from django.template.base import Template

Render: TypeAlias = Callable[..., Any]

PLAIN: Render = vars(Template)["_render"]


@pytest.fixture(scope="session", autouse=True)
def telling_render(django_test_environment: None) -> Render:
    """Take out, and return, what Django's test environment puts around templates.

    It sends a signal for each one rendered, parts and icons too, upon which the client
    copies the whole context: a list has hundreds of both.
    """
    telling: Render = vars(Template)["_render"]
    Template._render = PLAIN  # type: ignore[attr-defined]
    return telling


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch, telling_render: Render) -> None:
    """Let the client's answers have a `context` in this test."""
    monkeypatch.setattr(Template, "_render", telling_render)
