"""Django's entry to this app."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class LibConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.lib"
    label = "lib"

    def ready(self) -> None:
        """Let tasks belong to our Celery application in every process."""
        import_module(settings.TASK_APPLICATION)
