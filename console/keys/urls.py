"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys import views

app_name = "keys"

urlpatterns = [
    path("", views.key_list, name="list"),
    path("add/", views.key_add, name="add"),
    path("<uuid:key_id>/", views.key_detail, name="detail"),
    path("<uuid:key_id>/edit/", views.key_edit, name="edit"),
    path("<uuid:key_id>/replace/", views.key_replace, name="replace"),
    path("<uuid:key_id>/pause/", views.key_pause, name="pause"),
    path("<uuid:key_id>/resume/", views.key_resume, name="resume"),
    path("<uuid:key_id>/remove/", views.key_remove, name="remove"),
]
