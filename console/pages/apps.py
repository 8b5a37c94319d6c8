"""Django's entry to this app."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.pages"
    label = "pages"
