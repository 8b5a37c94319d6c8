"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.views import access, custody, inventory

app_name = "keys"

urlpatterns = [
    path("", inventory.key_list, name="list"),
    path("access/", access.access, name="access"),
    path("access/compare/", access.compare, name="compare"),
    path("add/", custody.key_add, name="add"),
    path("<uuid:key_id>/", inventory.key_detail, name="detail"),
    path("<uuid:key_id>/edit/", custody.key_edit, name="edit"),
    path("<uuid:key_id>/replace/", custody.key_replace, name="replace"),
    path("<uuid:key_id>/pause/", custody.key_pause, name="pause"),
    path("<uuid:key_id>/resume/", custody.key_resume, name="resume"),
    path("<uuid:key_id>/remove/", custody.key_remove, name="remove"),
]
