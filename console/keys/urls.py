"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.views import (
    access,
    changes,
    custody,
    imports,
    inventory,
    lookup,
)

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
    path("import/", imports.import_new, name="import"),
    path("import/<uuid:job_id>/", imports.import_job, name="import_job"),
    path("import/<uuid:job_id>/start/", imports.import_start, name="import_start"),
    path(
        "import/<uuid:job_id>/discard/", imports.import_discard, name="import_discard"
    ),
    path("import/<uuid:job_id>/cancel/", imports.import_cancel, name="import_cancel"),
    path("lookup/", lookup.key_lookup, name="lookup"),
    path("<uuid:key_id>/", inventory.key_detail, name="detail"),
    path("<uuid:key_id>/edit/", custody.key_edit, name="edit"),
    path("<uuid:key_id>/replace/", custody.key_replace, name="replace"),
    path("<uuid:key_id>/pause/", custody.key_pause, name="pause"),
    path("<uuid:key_id>/resume/", custody.key_resume, name="resume"),
    path("<uuid:key_id>/remove/", custody.key_remove, name="remove"),
]
