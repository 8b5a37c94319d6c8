"""Django's entry to this app."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.usage"
    label = "usage"
