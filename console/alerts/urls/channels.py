"""Addresses below /alerts/."""

from django.urls import path

from console.alerts.views import channels, rules

app_name = "alerts"

urlpatterns = [
    path("", channels.channel_list, name="list"),
    path("add/", channels.channel_add, name="add"),
    path("<uuid:channel_id>/edit/", channels.channel_edit, name="edit"),
    path("<uuid:channel_id>/switch/", channels.channel_switch, name="switch"),
    path("<uuid:channel_id>/remove/", channels.channel_remove, name="remove"),
    path("<uuid:channel_id>/rotate/", channels.channel_rotate, name="rotate"),
    path("<uuid:channel_id>/test/", channels.channel_test, name="test"),
    path("<uuid:channel_id>/rules/add/", rules.rule_add, name="rule_add"),
    path("rules/<int:rule_id>/edit/", rules.rule_edit, name="rule_edit"),
    path("rules/<int:rule_id>/remove/", rules.rule_remove, name="rule_remove"),
]
