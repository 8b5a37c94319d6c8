"""One of everything that somebody can act on."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import Settings

from console.accounts.models import User
from console.alerts import channels, incidents
from console.alerts.models import ChannelKind, Incident
from console.audit.actors import SYSTEM
from console.catalog.models import LanguageModel, PriceVersion
from console.finance.models import Scenario, UsageView
from console.keys import assessment
from console.keys.models import ApiKey, FindingKind, SavedView
from tests.addresses import NOBODYS
from tests.alerts.conftest import look_at
from tests.finance.budgets.made import raised_budget
from tests.finance.told import changed
from tests.keys.conftest import upstream
from tests.keys.importing.tables_of import draft
from tests.keys.stored import stored_model, stored_price
from tests.pages.acts.table import Ids
from tests.playground.conversations.stored import shared_conversation, template_of
from tests.usage.by_hand import lost

__all__ = ["upstream"]


def _priced(key: ApiKey) -> LanguageModel:
    model = stored_model("one-with-a-price")
    stored_price(model, key.team)
    return model


@pytest.fixture
def ids(api_key: ApiKey, ada: User, settings: Settings) -> Ids:
    """Store one of everything; return the ids by the names of parameters."""
    settings.ALERT_PRIVATE_HOSTS = frozenset({"127.0.0.1"})  # no name server is asked
    ApiKey.objects.filter(pk=api_key.pk).update(owner="", tags=["eu"])
    api_key.refresh_from_db()
    assessment.assess([api_key.pk], now=timezone.now())
    channel, _ = channels.add_channel(
        name="on call",
        kind=ChannelKind.WEBHOOK,
        target="https://127.0.0.1/hook",
        digest_hour=8,
        actor=SYSTEM,
    )
    change = look_at(api_key)
    incidents.reconcile([api_key.pk])
    scenario = Scenario.objects.create(
        owner=ada, name="mine", inputs={}, share_token="a-link"
    )
    model = _priced(api_key)
    conversation, share = shared_conversation(ada)
    budget, raised = raised_budget(ada, team=api_key.team)
    rows = {
        "budget_id": budget,
        "catalog_change_id": changed(model, api_key.team),
        "change_id": change,
        "channel_id": channel,
        "conversation_id": conversation,
        "finding_id": api_key.findings.get(kind=FindingKind.NO_OWNER),
        "incident_id": Incident.objects.get(),
        "job_id": draft(maker=ada),
        "key_id": api_key,
        "model": model,
        "prompt_id": template_of(ada),
        "raise_id": raised,
        "record_id": lost(ada, api_key),
        "rule_id": channel.rules.get(),
        "scenario_id": scenario,
        "share_id": share,
        "team_id": api_key.team,
        "usage_view_id": UsageView.objects.create(person=ada, name="mine"),
        "view_id": SavedView.objects.create(user=ada, name="mine", query="q=a"),
    }
    others = {
        "contact": ada.pk,
        "today": timezone.now().date(),
        "share_token": scenario.share_token,
        "digest": PriceVersion.objects.get(model=model).prices_digest,
    }
    return {**NOBODYS, **others, **{name: row.pk for name, row in rows.items()}}
