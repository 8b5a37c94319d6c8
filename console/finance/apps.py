"""Django's entry to this app."""

from django.apps import AppConfig


class FinanceConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.finance"
    label = "finance"
