"""Addresses below /keys/; "check now" belongs to polling."""

from django.urls import path

from console.keys.bulk import Act
from console.keys.views import bulk, cells, custody, inventory, saved_views
from console.keys.words import Kind

app_name = "keys"
CELLS = ("owner", "note", "tags")  # may be edited in place

urlpatterns = [
    path("", inventory.key_list, name="list"),
    path("add/", custody.key_add, name="add"),
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
