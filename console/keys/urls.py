"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.bulk import Act
from console.keys.views import (
    access,
    bulk,
    cells,
    changes,
    custody,
    findings,
    imports,
    inventory,
    lookup,
    saved_views,
)
from console.keys.words import Kind

app_name = "keys"
CELLS = ("owner", "note", "tags")  # may be edited in place

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
    path("words/owner/", inventory.key_words, {"kind": Kind.OWNER}, name="owners"),
    path("words/tag/", inventory.key_words, {"kind": Kind.TAG}, name="tags_used"),
    *(
        path(f"bulk/{act}/", bulk.key_bulk, {"act": act}, name=f"bulk_{act}")
        for act in Act
    ),
    path("bulk/undo/", bulk.key_undo, name="undo"),
    path("views/", saved_views.view_list, name="views"),
    path("views/<int:view_id>/rename/", saved_views.view_rename, name="view_rename"),
    path("views/<int:view_id>/delete/", saved_views.view_delete, name="view_delete"),
    *(
        path(f"<uuid:key_id>/{field}/", cells.key_cell, {"field": field}, name=field)
        for field in CELLS
    ),
    path("<uuid:key_id>/edit/", custody.key_edit, name="edit"),
    path("<uuid:key_id>/replace/", custody.key_replace, name="replace"),
    path("<uuid:key_id>/pause/", custody.key_pause, name="pause"),
    path("<uuid:key_id>/resume/", custody.key_resume, name="resume"),
    path("<uuid:key_id>/remove/", custody.key_remove, name="remove"),
]
