"""Addresses below /models/."""

from django.urls import path

from console.finance.views import prices, referee

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("referee/", referee.referee, name="referee"),
    path("referee/delete/", referee.referee_delete, name="referee_delete"),
    path("referee/corrected/", referee.referee_corrected, name="referee_corrected"),
]
