"""Two teams alike, each with one of everything."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from django.db.models import Model

from console.accounts.models import Team, User
from console.alerts.models import (
    AlertRule,
    Channel,
    ChannelKind,
    Delivery,
    Event,
    Incident,
    IncidentKind,
)
from console.audit import trail
from console.catalog.models import CatalogChange, LanguageModel
from console.finance.models import Scenario, UsageView
from console.finance.referee import files
from console.keys.importing import jobs
from console.keys.models import (
    ApiKey,
    Finding,
    FindingKind,
    ImportJob,
    ImportRow,
    KeyChange,
    KeySnapshot,
    Origin,
    Review,
    RowState,
    SavedView,
    Severity,
    StateSpan,
    XaiUser,
)
from console.playground.models import Conversation, PromptTemplate, Role, Share, Turn
from console.usage import ledger
from console.usage.models import (
    Budget,
    BudgetRaise,
    BudgetWindow,
    Endpoint,
    UsageRecord,
)
from tests.catalog.readings import read_tokenizer
from tests.finance.budgets.made import raised_budget, set_budget
from tests.finance.told import call, changed, effect, facts, stored_calls
from tests.keys.importing.tables_of import actor_of, draft
from tests.keys.stored import sees, stored_key, stored_model, stored_price
from tests.playground.conversations.stored import (
    keep_trace,
    link_of,
    shared_conversation,
    template_of,
)

Rows: TypeAlias = dict[str, Any]

MARK = "twinmark"  # stands in every text of the team that must not be seen
SHARED_ID = "01-the-same-key-at-xai"  # a key of both teams has it
OF_A_TEAM: tuple[type[Model], ...] = (
    AlertRule,
    ApiKey,
    Budget,
    BudgetRaise,
    BudgetWindow,
    Channel,
    Conversation,
    Delivery,
    Finding,
    ImportJob,
    ImportRow,
    Incident,
    KeyChange,
    KeySnapshot,
    SavedView,
    PromptTemplate,
    Scenario,
    Share,
    StateSpan,
    Turn,
    UsageRecord,
    XaiUser,
)


def one_of_everything(
    team: Team, person: User, admin: User, mark: str, now: datetime
) -> Rows:
    """Store it, the mark in every text; return rows by the names of parameters."""
    began = now - timedelta(hours=3, minutes=20)
    XaiUser.objects.create(xai_id=f"{mark}-user", name=f"{mark} person", person=person)
    key = _key(team, mark, began)
    removed = stored_key(team, f"{mark}-removed", removed_at=began)
    change = _history(key, mark, began)
    incidents = _incidents(key, mark, began)
    channel = _channel(incidents[0], admin, mark)
    _entries(key, person, mark)
    _price_file(person, mark)
    _spend(person, key, mark, began)
    scenario = _scenario(person, mark)
    conversation, share = shared_conversation(person, f"{mark} said")
    keep_trace(conversation.turns.get(role=Role.ASSISTANT))
    budget, raised = _budgets(team, person, key, admin, mark)
    return {
        "budget_id": budget,
        "catalog_change_id": _changes_of_model(team, mark),
        "change_id": change,
        "channel_id": channel,
        "feed_token": Link(f"{mark}-feed"),
        "conversation_id": conversation,
        "finding_id": _findings(key, mark),
        "incident_id": incidents[0],
        "job_id": _import(team, admin, mark),
        "key_id": key,
        "model": LanguageModel.objects.get(model_id=f"{mark}-model"),
        "prompt_id": template_of(person, f"{mark} prompt", team=team),
        "raise_id": raised,
        "record_id": _call(person, key),
        "scenario_id": scenario,
        "share_id": share,
        "share_token": Link(scenario.share_token),
        "snapshot_token": Link(link_of(share)),
        "turn_id": conversation.turns.get(role="assistant"),
        "rule_id": AlertRule.objects.create(channel=channel, team=team),
        "usage_view_id": UsageView.objects.create(
            person=person, name=f"{mark} usage", query="by=key"
        ),
        "view_id": SavedView.objects.create(
            user=person, name=f"{mark} view", query=f"q={mark}"
        ),
        "removed_id": removed,
        "team_id": team,
        "person_id": person,
    }


class Link(NamedTuple):
    """What opens a shared scenario, in the place of an id."""

    pk: str


def _scenario(person: User, mark: str) -> Scenario:
    return Scenario.objects.create(
        owner=person,
        name=f"{mark} scenario",
        inputs={"models": [f"{mark}-model"]},
        share_token=f"{mark}-link",
    )


def _key(team: Team, mark: str, began: datetime) -> ApiKey:
    """Store a key that sees a model of its own and one that all see."""
    stored_key(team, f"{mark}-plain", xai_key_id=f"{mark}-plain-id")
    key = stored_key(
        team,
        f"{mark}-key",
        owner=f"{mark} owner",
        note=f"{mark} note",
        tags=[f"{mark}-tag"],
        acls=[f"api-key:model:{mark}-model", "api-key:endpoint:chat"],
        xai_key_id=SHARED_ID,
        mistaken_for=SHARED_ID,
        xai_modified_by=f"{mark}-user",
        xai_team_id=f"{mark}-team",
        models_checked_at=began,
        changed_at=began,
        outside_changes=1,
        finding_kinds=[FindingKind.NO_OWNER, FindingKind.SAME_KEY],
        finding_weight=20_000,
        models_in_sight=2,
        models_in_reach=1,
        endpoints_in_reach=1,
        dearest_model=f"{mark}-model",
        worst_hour_ticks=len(mark) * 10**11,
    )
    shared = LanguageModel.objects.filter(model_id="grok-4.3").first()
    for model in (stored_model(f"{mark}-model"), shared or stored_model()):
        stored_price(model, team, completion_text_token_price=1_000 * len(mark))
        sees(key, model)
        read_tokenizer(model, team, began)
    return key


def _changes_of_model(team: Team, mark: str) -> CatalogChange:
    """Store what this team was told of both models, with what it would have cost."""
    own = LanguageModel.objects.get(model_id=f"{mark}-model")
    shared = LanguageModel.objects.get(model_id="grok-4.3")
    for model in (own, shared):
        facts(model, team, 9, 0, fingerprint=f"{mark}-fp", aliases=[f"{mark}-alias"])
        effect(changed(model, team, after={"search_price": len(mark)}), team, len(mark))
    return changed(
        shared, team, kind="alias", field=f"{mark}-alias", before=None, after="x"
    )


def _history(key: ApiKey, mark: str, at: datetime) -> KeyChange:
    StateSpan.objects.create(key=key, state="active", starts_at=at - timedelta(days=9))
    KeySnapshot.objects.create(
        key=key,
        first_seen_at=at - timedelta(days=9),
        last_seen_at=at,
        facts={"name": f"{mark} old"},
        raw={"name": f"{mark} old"},
    )
    return KeyChange.objects.create(
        key=key,
        team=key.team,
        field="name",
        before=f"{mark} old",
        after=f"{mark} new",
        gap_until=at,
        origin=Origin.OUTSIDE,
        review=Review.WAITING,
        modified_by=f"{mark}-user",
    )


def _findings(key: ApiKey, mark: str) -> Finding:
    Finding.objects.create(
        key=key,
        kind=FindingKind.SAME_KEY,
        severity=Severity.HIGH,
        detail={"key_id": SHARED_ID},
    )
    return Finding.objects.create(
        key=key,
        kind=FindingKind.GONE_MODEL,
        severity=Severity.HIGH,
        subject=f"api-key:model:{mark}-model",
        detail={"entry": f"api-key:model:{mark}-model", "model": f"{mark}-model"},
    )


def _incidents(key: ApiKey, mark: str, at: datetime) -> list[Incident]:
    """Store one that is open, and one that has ended."""
    facts = {
        "team": key.team,
        "key": key,
        "subject": str(key.pk),
        "title": f"xAI has blocked {mark}-key",
        "sentence": f"{mark} sentence",
        "began_at": at,
        "opened_at": at,
    }
    kind = IncidentKind.KEY_BLOCKED
    closed = {"closed_at": at + timedelta(minutes=9), "ending": "recovered"}
    return [
        Incident.objects.create(kind=kind, **facts),
        Incident.objects.create(kind=kind, **facts, **closed),
    ]


def _channel(incident: Incident, admin: User, mark: str) -> Channel:
    """Store a channel that was told of an incident."""
    channel = Channel.objects.create(
        name=f"{mark} channel",
        kind=ChannelKind.EMAIL,
        shown_target=f"{mark}@example.com",
        created_by=admin,
    )
    Delivery.objects.create(
        channel=channel, incident=incident, event=Event.OPENED, body={"text": mark}
    )
    return channel


def _import(team: Team, admin: User, mark: str) -> ImportJob:
    """Store an import at work, with a row that waits."""
    secret = "xai-" + mark.encode().hex() * 4
    table = f"secret,team,label,owner,note\n{secret},{team.name},{mark}-new,{mark},"
    job = draft(table, maker=admin)
    jobs.start(job, actor=actor_of(admin))
    job.rows.filter(state=RowState.WAITING).update(sentence=f"{mark} waits")
    return job


def _call(person: User, key: ApiKey) -> UsageRecord:
    record_id = ledger.open_record(
        ledger.Opening(
            person=person,
            key=key,
            endpoint=Endpoint.CHAT,
            model_asked=key.dearest_model,
            model=None,
            price=None,
            ceiling_ticks=None,
        )
    )
    return UsageRecord.objects.get(pk=record_id)


def _budgets(
    team: Team, person: User, key: ApiKey, admin: User, mark: str
) -> tuple[Budget, BudgetRaise]:
    """Store a budget of the team, with a raise, and those of its key and person."""
    note = f"{mark} budget"
    set_budget(admin, day=len(mark), hard=False, note=note, key=key)
    set_budget(admin, month=len(mark), hard=False, note=note, person=person)
    return raised_budget(admin, note=note, hard=False, team=team)


def _spend(person: User, key: ApiKey, mark: str, at: datetime) -> None:
    """Store what a call came to, in sums of the day and the month."""
    own = LanguageModel.objects.get(model_id=f"{mark}-model")
    stored_calls([call(person, key, at, len(mark) * 10**9, model=own)])


def _price_file(person: User, mark: str) -> None:
    """Store a price file that differs from whatever any team is told."""
    entry = {"input_cost_per_token": 7e-6, "output_cost_per_token": 8e-6}
    text = json.dumps({f"xai/{name}": entry for name in ("grok-4.3", f"{mark}-model")})
    files.keep(person=person, name=f"{mark}.json", data=text.encode())


def _entries(key: ApiKey, person: User, mark: str) -> None:
    """Leave what somebody did among the entries of the audit log."""
    trail.record(
        action="key.edited",
        actor=actor_of(person),
        object_kind="key",
        object_id=str(key.pk),
        object_name=key.label,
        team_id=key.team_id,
        detail={"before": {"owner": ""}, "after": {"owner": f"{mark} owner"}},
    )
