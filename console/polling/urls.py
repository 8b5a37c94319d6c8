"""Addresses of the poller."""

from django.urls import path

from console.polling import views

app_name = "polling"
urlpatterns = [
    path("models/look/", views.look_now, name="look_now"),
    path("keys/check/", views.check_picked, name="check_picked"),
    path("keys/<uuid:key_id>/check/", views.check_now, name="check_now"),
]
