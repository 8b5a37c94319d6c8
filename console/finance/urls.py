"""Addresses below /models/."""

from django.urls import path

from console.finance.views import estimate, prices, scenarios

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("estimate/", estimate.estimate, name="estimate"),
    path("estimate/count/", estimate.count, name="estimate_count"),
    path("estimate/scenarios/", scenarios.scenario_list, name="scenarios"),
    path(
        "estimate/scenarios/<uuid:scenario_id>/",
        scenarios.scenario_update,
        name="scenario_update",
    ),
    path(
        "estimate/scenarios/<uuid:scenario_id>/delete/",
        scenarios.scenario_delete,
        name="scenario_delete",
    ),
    path(
        "estimate/scenarios/<uuid:scenario_id>/share/",
        scenarios.scenario_share,
        name="scenario_share",
    ),
    path(
        "estimate/scenarios/<uuid:scenario_id>/unshare/",
        scenarios.scenario_unshare,
        name="scenario_unshare",
    ),
    path(
        "estimate/shared/<str:share_token>/",
        scenarios.scenario_shared,
        name="scenario_shared",
    ),
    path(
        "estimate/shared/<str:share_token>/copy/",
        scenarios.scenario_copy,
        name="scenario_copy",
    ),
]
