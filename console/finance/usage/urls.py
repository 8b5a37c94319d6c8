"""Addresses below /usage/ that show sums, and what a person keeps of them."""

from django.urls import path

from console.finance.views import usage, usage_views

app_name = "usage"

urlpatterns = [
    path("", usage.usage, name="usage"),
    path("mine/", usage.mine, name="mine"),
    path("zone/", usage.zone, name="zone"),
    path("views/", usage_views.view_list, name="views"),
    path(
        "views/<int:usage_view_id>/rename/",
        usage_views.view_rename,
        name="view_rename",
    ),
    path(
        "views/<int:usage_view_id>/delete/",
        usage_views.view_delete,
        name="view_delete",
    ),
]
