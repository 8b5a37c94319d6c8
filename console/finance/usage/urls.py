"""Addresses below /usage/ that show sums."""

from django.urls import path

from console.finance.views import usage

app_name = "usage"

urlpatterns = [
    path("", usage.usage, name="usage"),
    path("mine/", usage.mine, name="mine"),
    path("zone/", usage.zone, name="zone"),
]
