"""Addresses below /usage/calls/."""

from django.urls import path

from console.finance.calls import views

app_name = "calls"

urlpatterns = [
    path("", views.call_list, name="list"),
    path("<uuid:record_id>/", views.one_call, name="one"),
    path("<uuid:record_id>/adjust/", views.adjust, name="adjust"),
]
