"""Addresses below /models/."""

from django.urls import path

from console.finance.views import prices

app_name = "finance"

urlpatterns = [path("", prices.prices, name="prices")]
