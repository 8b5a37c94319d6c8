"""Django's entry to this app."""

from django.apps import AppConfig


class PollingConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.polling"
    label = "polling"
