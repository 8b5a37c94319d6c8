"""What people leave in the inventory: their views, and tables of keys to store."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from console.accounts.models import User
from console.keys.models.api_key import ApiKey


class SavedView(models.Model):
    """A person's name for some filters of the inventory, kept as its address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)  # of the address, cleaned by the form

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("user", Lower("name"), name="view_once")]

    def __str__(self) -> str:
        return self.name


class ImportState(models.TextChoices):
    """Where an import stands."""

    DRAFT = "draft", "Preview"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    """Imports, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> ImportJobQuerySet:
        """Keep what this person may see: a preview is its maker's alone."""
        if not isinstance(user, User):
            return self.none()
        return self.filter(
            models.Q(created_by=user) | models.Q(started_at__isnull=False)
        )


class ImportJob(models.Model):
    """One table of keys: shown first, then stored row by row in the background.

    While it runs, the worker that holds `lease` stores its rows; once it let go,
    `lease_until` is when. A preview that expired is cancelled and never started.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=64)  # a name of XAI_HOSTS
    state = models.CharField(
        max_length=16, choices=ImportState, default=ImportState.DRAFT
    )
    asks = models.BooleanField(default=True)  # xAI about each key, before it is stored
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    actor = models.JSONField()  # of the audit entries, see `audit.actors.Actor`
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ImportState.values),
                name="import_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} import of {self.created_at:%Y-%m-%d %H:%M}"


class RowState(models.TextChoices):
    """What became of one row."""

    BAD = "bad", "Not to be stored"  # seen in the preview
    WAITING = "waiting", "Waiting"
    STORED = "stored", "Stored"
    REFUSED = "refused", "Refused"
    LEFT_OUT = "left_out", "Left out"  # the import was cancelled


class ImportRow(models.Model):
    """One row of the table. Its secret is sealed, and gone once the row is done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # of the row; the heading is row 1
    team = models.CharField(max_length=100, blank=True)  # its name
    label = models.CharField(max_length=100, blank=True)
    owner = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)
    state = models.CharField(max_length=16, choices=RowState, default=RowState.WAITING)
    sentence = models.CharField(max_length=300, blank=True)  # why, in our words
    tries = models.PositiveIntegerField(default=0)  # that xAI gave no answer to
    due_at = models.DateTimeField(default=timezone.now)  # of its next try
    done_at = models.DateTimeField(null=True)  # stored, refused or left out
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=RowState.values),
                name="import_row_state_known",
            ),
        ]
        indexes = [models.Index(fields=["job", "state"], name="import_rows_left")]

    def __str__(self) -> str:
        return f"row {self.number} of {self.job_id}"
