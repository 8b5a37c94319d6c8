"""A small history of two teams, and packs about it, unpacked."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from console import xai
from console.accounts.models import Team, User
from console.alerts.models import Incident, IncidentKind
from console.audit import anchors, trail
from console.audit.actors import SYSTEM
from console.keys import custody
from console.keys.models import (
    ApiKey,
    Finding,
    FindingKind,
    KeyChange,
    Origin,
    Severity,
    StateSpan,
)
from console.pages.evidence import making
from console.pages.evidence.scope import Scope
from tests.keys.stored import sees, stored_model
from tests.people import SECRET

CANARY = "xai-" + "C4n4ryK3y9" * 8
TODAY = timezone.now().date()
PackOf = Callable[..., Path]


def history(team: Team, secret: str, label: str) -> ApiKey:
    """Store a key with one row of everything about it."""
    now = timezone.now()
    key = custody.store_unverified(
        team=team,
        label=label,
        owner="=1+1",
        note="",
        host="xai",
        secret=xai.Secret.parse(secret),
        actor=SYSTEM,
    )
    acls = ["api-key:model:grok-4.3", "api-key:endpoint:*"]
    ApiKey.objects.filter(pk=key.pk).update(acls=acls, models_checked_at=now)
    Finding.objects.create(
        key=key,
        kind=FindingKind.NO_OWNER,
        severity=Severity.LOW,
        detail={"of": label},
        accepted_reason=f"{label} is fine",
    )
    KeyChange.objects.create(
        key=key,
        team=team,
        field="redacted_api_key",
        before=None,
        after=secret,  # what xAI should never say, and might
        gap_until=now,
        origin=Origin.OUTSIDE,
    )
    StateSpan.objects.create(key=key, state="active", starts_at=now)
    Incident.objects.create(
        kind=IncidentKind.KEY_BLOCKED,
        subject=str(key.pk),
        team=team,
        key=key,
        title=f"{label} is blocked",
        began_at=now,
    )
    return key


def two_histories(team: Team, other_team: Team) -> tuple[ApiKey, ApiKey]:
    """Store one key of each team, and an anchor of the trail about them."""
    ours = history(team, SECRET, "search-prod")
    theirs = history(other_team, CANARY, "elsewhere-prod")
    sees(ours, stored_model("grok-4.3"))
    sees(theirs, stored_model("grok-secret-model", aliases=[]))
    with transaction.atomic():
        for kind in ("sign_in.done", "sign_out"):
            trail.record(action=kind, actor=SYSTEM)
    anchors.write_due()
    return ours, theirs


@pytest.fixture
def two_teams(
    team: Team, other_team: Team, settings: Settings, tmp_path: Path
) -> tuple[ApiKey, ApiKey]:
    """Two histories, for a test that may make a pack of them."""
    settings.AUDIT_ANCHORS = tmp_path / "anchors.jsonl"
    return two_histories(team, other_team)


def scope(team: Team | None = None, **days: date) -> Scope:
    """Return a week up to today, about one team or all."""
    first = days.get("first_day", TODAY - timedelta(days=6))
    return Scope(first, days.get("last_day", timezone.now().date()), team)


@pytest.fixture
def pack_of(tmp_path: Path) -> PackOf:
    """Return a pack made by this person, unpacked."""

    def make(maker: User, about: Scope | None = None) -> Path:
        return unpacked(packed(maker, about or scope()), tmp_path / "pack")

    return make


def packed(maker: User, about: Scope) -> bytes:
    """Make a pack and return the ZIP."""
    pack = making.make(scope=about, maker=maker, actor=SYSTEM)
    with pack.file as file:
        return file.read()


def unpacked(content: bytes, place: Path) -> Path:
    """Unpack a pack; return its folder."""
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(place)
    (folder,) = place.iterdir()
    return folder


def content_of(response: Any) -> bytes:
    """Return what a browser would get of a file sent in parts."""

    async def gather() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    content = asyncio.run(gather())
    response.close()
    return content
