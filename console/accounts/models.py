"""People, teams, and who belongs where."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone


class Role(models.TextChoices):
    """What a person may do; the table of rules is in `accounts.rules`."""

    STAFF = "staff", "Staff"
    FINANCE = "finance", "Finance"
    AUDITOR = "auditor", "Auditor"
    ADMIN = "admin", "Admin"


class UserManager(BaseUserManager["User"]):
    """Makes people."""

    def create_user(
        self, username: str, password: str | None = None, **fields: Any
    ) -> User:
        """Store a person; without a password nobody can sign in as them."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*\Z")],
    )
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.STAFF)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    time_zone = models.CharField(
        max_length=64, blank=True
    )  # in whose days they read sums; empty: the organisation's
    teams: models.ManyToManyField[Team, Membership] = models.ManyToManyField(
        "Team", through="Membership", related_name="people"
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_known"
            )
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def sees_all_teams(self) -> bool:
        """Staff see their own teams; everybody else sees all."""
        return self.role != Role.STAFF

    def team_ids(self) -> models.QuerySet[Membership, Any]:
        """Return a subquery of the teams they belong to."""
        return self.memberships.values("team")

    @property
    def initials(self) -> str:
        """At most two letters for the avatar."""
        words = self.name.split() or [self.username]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams, by who looks."""

    def visible_to(self, user: User | AnonymousUser) -> TeamQuerySet:
        """Keep the teams this person may see."""
        if not isinstance(user, User):
            return self.none()
        return self if user.sees_all_teams else self.filter(memberships__user=user)


class Team(models.Model):
    """A billing team at xAI; `xai_team_id` is xAI's id, once a key told it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    xai_team_id = models.CharField(max_length=64, blank=True)
    sample = models.BooleanField(default=False)  # made by try-out mode
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """This person belongs to this team and may spend through its keys."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
