"""Addresses below /models/."""

from django.urls import path

from console.finance.views import (
    changes,
    differences,
    estimate,
    feeds,
    model,
    prices,
    referee,
    scenarios,
    tokenizer,
)

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("view/", prices.view, name="view"),
    path("changes/", changes.changes, name="changes"),
    path("changes/review/", changes.review_all, name="review_all"),
    path(
        "changes/review/take-back/",
        changes.take_back_together,
        name="take_back_together",
    ),
    path(
        "changes/<uuid:catalog_change_id>/review/",
        changes.review_one,
        name="review_one",
    ),
    path("changes/<uuid:catalog_change_id>/new/", changes.take_back, name="take_back"),
    path("changes/feed/", feeds.make, name="feed_make"),
    path("changes/feed/drop/", feeds.drop, name="feed_drop"),
    path("changes/feed/<str:feed_token>/", feeds.feed, name="feed"),
    path("differences/", differences.differences, name="differences"),
    path("differences/teams/", differences.team_names, name="team_names"),
    path("<uuid:model>/", model.model, name="model"),
    path("<uuid:model>/confirm/", changes.confirm, name="confirm_price"),
    path("tokenizer/", tokenizer.tokenizer, name="tokenizer"),
    path("tokenizer/key/", tokenizer.switch_on, name="tokenizer_on"),
    path("tokenizer/off/", tokenizer.switch_off, name="tokenizer_off"),
    path("tokenizer/now/", tokenizer.ask_now, name="tokenizer_now"),
    path("referee/", referee.referee, name="referee"),
    path("referee/delete/", referee.referee_delete, name="referee_delete"),
    path("referee/corrected/", referee.referee_corrected, name="referee_corrected"),
    path("estimate/", estimate.estimate, name="estimate"),
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
