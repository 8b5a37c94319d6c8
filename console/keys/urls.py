"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.views import access, changes, custody, findings, inventory

app_name = "keys"

urlpatterns = [
    path("", inventory.key_list, name="list"),
    path("access/", access.access, name="access"),
    path("access/compare/", access.compare, name="compare"),
    path("add/", custody.key_add, name="add"),
    path("changes/", changes.changes, name="changes"),
    path(
        "changes/<int:change_id>/confirm/",
        changes.change_confirm,
        name="change_confirm",
    ),
    path(
        "changes/<int:change_id>/escalate/",
        changes.change_escalate,
        name="change_escalate",
    ),
    path(
        "changes/<int:change_id>/reopen/", changes.change_reopen, name="change_reopen"
    ),
    path(
        "changes/<int:change_id>/person/", changes.change_person, name="change_person"
    ),
    path(
        "changes/<int:change_id>/person/forget/",
        changes.change_person_forget,
        name="change_person_forget",
    ),
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
