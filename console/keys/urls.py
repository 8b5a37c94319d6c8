"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.views import custody, findings, inventory

app_name = "keys"

urlpatterns = [
    path("", inventory.key_list, name="list"),
    path("add/", custody.key_add, name="add"),
    path("findings/", findings.finding_list_page, name="findings"),
    path(
        "findings/<int:finding_id>/accept/",
        findings.finding_accept,
        name="finding_accept",
    ),
    path(
        "findings/<int:finding_id>/reopen/",
        findings.finding_reopen,
        name="finding_reopen",
    ),
    path("<uuid:key_id>/", inventory.key_detail, name="detail"),
    path("<uuid:key_id>/edit/", custody.key_edit, name="edit"),
    path("<uuid:key_id>/replace/", custody.key_replace, name="replace"),
    path("<uuid:key_id>/pause/", custody.key_pause, name="pause"),
    path("<uuid:key_id>/resume/", custody.key_resume, name="resume"),
    path("<uuid:key_id>/remove/", custody.key_remove, name="remove"),
]
