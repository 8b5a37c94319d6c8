"""Django's entry to this app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.alerts"
    label = "alerts"
