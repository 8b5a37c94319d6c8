"""What Django's own checks say of the code; workers do not ask them."""

from __future__ import annotations

from django.core.checks import run_checks


def test_django_has_nothing_to_say() -> None:
    assert run_checks() == []
