"""Django's entry to this app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.catalog"
    label = "catalog"
