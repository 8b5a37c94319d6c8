"""Django's entry to this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.audit"
    label = "audit"
