"""Addresses below /models/."""

from django.urls import path

from console.finance.views import model, prices

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("<uuid:model>/", model.model, name="model"),
]
