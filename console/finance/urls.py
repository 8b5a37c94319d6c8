"""Addresses below /models/."""

from django.urls import path

from console.finance.views import differences, model, prices

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("differences/", differences.differences, name="differences"),
    path("differences/teams/", differences.team_names, name="team_names"),
    path("<uuid:model>/", model.model, name="model"),
]
