"""What to send to each address that takes a POST, and which entry that must leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

from django.utils import timezone

from console.accounts.models import User
from console.catalog.models import CatalogChange, PriceVersion
from console.finance.models import FeedToken, PriceReview, Scenario, Sentinel
from console.keys import bulk, reviewing
from console.keys.importing import jobs
from console.keys.models import (
    ApiKey,
    Finding,
    ImportJob,
    KeyChange,
    KeyState,
    XaiUser,
)
from console.keys.selection import Selection
from console.polling import schedule
from tests.keys.importing.tables_of import HEADING, actor_of
from tests.people import NOON, PASSWORD, SECRET

Ids: TypeAlias = dict[str, Any]

NEW_SECRET = "xai-" + "N3wS3cr3t0" * 8
OF_THE_SANDBOX = "moves the sandbox, which plays xAI: nothing of Gatehouse changes"
A_CALL = "a call: it has a usage record in place of an entry"
OWN_VIEW = "a person's own name for some filters: nobody else sees or misses it"
OWN_SCENARIO = "a person's own saved estimate: nobody else sees it before it is shared"
OWN_CONVERSATION = "a person's own conversation: nobody else sees or misses it"
OWN_TEMPLATE = "a person's own prompt template; one for a team leaves an entry"
PREVIEW = (
    "a preview, which its maker alone sees: nothing is stored before it is started"
)
OWN_FILE = "a person's own price file: nobody else sees or misses it"
OWN_LOOKS = "how a person looks at prices: nobody else sees or misses it"
WITHOUT_ENTRY = {
    "finance:view": OWN_LOOKS,
    "usage:views": OWN_VIEW,
    "usage:view_rename": OWN_VIEW,
    "usage:view_delete": OWN_VIEW,
    "usage:zone": OWN_LOOKS,
    "finance:referee": OWN_FILE,
    "finance:referee_delete": OWN_FILE,
    "finance:estimate": A_CALL,
    "finance:scenarios": OWN_SCENARIO,
    "finance:scenario_copy": OWN_SCENARIO,
    "finance:scenario_update": OWN_SCENARIO,
    "keys:import": PREVIEW,
    "keys:import_discard": PREVIEW,
    "keys:views": OWN_VIEW,
    "keys:view_rename": OWN_VIEW,
    "keys:view_delete": OWN_VIEW,
    "pages:sandbox_team": OF_THE_SANDBOX,
    "pages:sandbox_key": OF_THE_SANDBOX,
    "pages:sandbox_price": OF_THE_SANDBOX,
    "pages:sandbox_tokenizer": OF_THE_SANDBOX,
    "pages:sandbox_fault": OF_THE_SANDBOX,
    "pages:sandbox_new_key": OF_THE_SANDBOX,
    "playground:history_rename": OWN_CONVERSATION,
    "playground:history_pin": OWN_CONVERSATION,
    "playground:history_duplicate": OWN_CONVERSATION,
    "playground:history_delete": OWN_CONVERSATION,
    "playground:history_import": OWN_CONVERSATION,
    "playground:add_image": "a picture, drawn anew for who sent it and stored nowhere",
    "playground:code": "shows what a form would send: nothing is sent or stored",
    "playground:twin": "converts a text that is pasted: nothing is sent or stored",
    "playground:prompts": OWN_TEMPLATE,
    "playground:prompt_edit": OWN_TEMPLATE,
    "playground:prompt_delete": OWN_TEMPLATE,
    "playground:stop": A_CALL,
    "playground:before_chat": A_CALL,
    "playground:before_messages": A_CALL,
    "playground:stream_chat": A_CALL,
    "playground:stream_messages": A_CALL,
    "playground:stream_complete": A_CALL,
    "playground:stream_completions": A_CALL,
    "playground:stream_tokenize": A_CALL,
}
SENT_ALL_THE_SAME = {  # of those, what to send to see that there is no entry
    "finance:view": {"unit": "page"},
    "finance:referee_delete": {},
    "keys:import": {"credential_material": f"{HEADING}\n{NEW_SECRET},Search,new,,"},
    "keys:import_discard": {},
    "finance:scenarios": {"name": "another", "inputs": "prompt=5"},
    "finance:scenario_copy": {},
    "finance:scenario_update": {"name": "other"},
    "keys:views": {"name": "another"},
    "playground:history_rename": {"title": "other"},
    "playground:prompts": {"name": "another", "text": "x"},
    "playground:prompt_edit": {"name": "another", "text": "x"},
    "playground:prompt_delete": {},
    "playground:history_pin": {"pinned": "1"},
    "playground:history_duplicate": {},
    "playground:history_delete": {},
    "keys:view_rename": {"name": "other"},
    "keys:view_delete": {},
    "usage:views": {"name": "another"},
    "usage:view_rename": {"name": "other"},
    "usage:view_delete": {},
}


def _reviewed(ids: Ids, by: User) -> None:
    change = CatalogChange.objects.get(pk=str(ids["catalog_change_id"]))
    PriceReview.objects.create(person=by, change=change, up_to=timezone.now())


def _reviewed_together(ids: Ids, by: User) -> None:
    PriceReview.objects.create(person=by, up_to=timezone.now(), reviewed_at=NOON)


def _odd(ids: Ids, by: User) -> None:
    PriceVersion.objects.update(odd=["completion_text_token_price"])


def _polled(ids: Ids, by: User) -> None:
    schedule.fill()


def _with_feed(ids: Ids, by: User) -> None:
    FeedToken.objects.create(person=by, digest="0" * 64)


def _not_watched(ids: Ids, by: User) -> None:
    ApiKey.objects.filter(pk=str(ids["key_id"])).update(watched=False)


def _confirmed(ids: Ids, by: User) -> None:
    change = KeyChange.objects.get(pk=str(ids["change_id"]))
    reviewing.confirm(change=change, note="", actor=actor_of(by), by=by)


def _linked(ids: Ids, by: User) -> None:
    change = KeyChange.objects.get(pk=str(ids["change_id"]))
    XaiUser.objects.create(xai_id=change.modified_by, name="Tomas")


def _accepted(ids: Ids, by: User) -> None:
    until = timezone.now() + timedelta(days=9)
    said = {"accepted_by": by, "accepted_reason": "known"}
    found = Finding.objects.filter(pk=str(ids["finding_id"]))
    found.update(accepted_at=timezone.now(), accepted_until=until, **said)


def _not_shared(ids: Ids, by: User) -> None:
    Scenario.objects.filter(pk=str(ids["scenario_id"])).update(share_token="")


def _running(ids: Ids, by: User) -> None:
    jobs.start(ImportJob.objects.get(pk=str(ids["job_id"])), actor=actor_of(by))


def _tokenizing(ids: Ids, by: User) -> None:
    found = ApiKey.objects.filter(pk=str(ids["key_id"]))
    acls = ["api-key:model:*", "api-key:endpoint:tokenize"]
    found.update(state=KeyState.ACTIVE, acls=acls, verified_at=timezone.now())


def _watching(ids: Ids, by: User) -> None:
    due = timezone.now() + timedelta(hours=9)
    Sentinel.objects.create(key_id=str(ids["key_id"]), person=by, due_at=due)


def _just_done(ids: Ids, by: User) -> None:
    """Set an owner, and put what takes that back among the ids."""
    selection = Selection([ApiKey.objects.get(pk=str(ids["key_id"]))])
    outcome = bulk.apply(
        bulk.Act.OWNER, selection=selection, value="Tomas", actor=actor_of(by)
    )
    ids["token"] = outcome.undo


class Act(NamedTuple):
    """What to send to an address, and which entry that must leave."""

    action: str
    data: Mapping[str, str] = {}  # may name ids: "{key_id}"
    before: Callable[[Ids, User], None] | None = None  # what it needs
    detail: frozenset[str] = frozenset()  # names that must be in the entry's detail
    outcome: str = "done"
    of_key: bool = True  # the entry names the key and its team
    follows: tuple[str, ...] = ()  # entries of the incident behind it
    is_long: bool = False  # needs a transaction of its own
    part: bool = False  # asked for by htmx


BOTH = frozenset({"before", "after"})
KEY = {"keys": "{key_id}"}
CHANNEL = {"name": "other", "target": "https://127.0.0.1/other", "digest_hour": "9"}
BUDGET = {"at_limit": "hard", "contact": "{contact}", "note": "for tests"}
RAISE = frozenset({"ticks", "until", "reason"})
RULE = {"team": "{team_id}", "kinds": "rejected", "cool_down": "15"}

OF_KEYS = {
    "keys:add": Act(
        "key.added",
        {
            "team": "{team_id}",
            "label": "new",
            "host": "xai",
            "credential_material": NEW_SECRET,
        },
        detail=frozenset({"last_four", "fingerprint", "owner"}),
    ),
    "keys:edit": Act("key.edited", {"label": "other", "owner": "Tomas"}, detail=BOTH),
    "keys:owner": Act("key.edited", {"owner": "Tomas"}, detail=BOTH, part=True),
    "keys:note": Act("key.edited", {"note": "for search"}, detail=BOTH, part=True),
    "keys:tags": Act("key.edited", {"tags": "us"}, detail=BOTH, part=True),
    "keys:replace": Act(
        "key.secret_replaced", {"credential_material": NEW_SECRET}, detail=BOTH
    ),
    "keys:pause": Act("key.watch_paused"),
    "keys:resume": Act("key.watch_resumed", before=_not_watched),
    "keys:remove": Act(
        "key.removed", {"label": "search-prod"}, detail=frozenset({"last_four"})
    ),
    "keys:bulk_owner": Act("key.edited", {**KEY, "owner": "Tomas"}, detail=BOTH),
    "keys:bulk_tag": Act("key.edited", {**KEY, "tags": "us"}, detail=BOTH),
    "keys:bulk_untag": Act("key.edited", {**KEY, "tags": "eu"}, detail=BOTH),
    "keys:bulk_pause": Act("key.watch_paused", KEY, detail=BOTH),
    "keys:bulk_resume": Act("key.watch_resumed", KEY, before=_not_watched, detail=BOTH),
    "keys:undo": Act(
        "key.edited", {"token": "{token}"}, before=_just_done, detail=BOTH
    ),
    "keys:change_confirm": Act(
        "change.confirmed",
        {"note": "by me"},
        detail=BOTH,
        follows=("incident.closed",),
    ),
    "keys:change_escalate": Act(
        "change.escalated",
        {"note": "who?"},
        detail=BOTH,
        follows=("incident.escalated",),
    ),
    "keys:change_reopen": Act(
        "change.reopened",
        before=_confirmed,
        detail=BOTH,
        follows=("incident.opened",),
    ),
    "keys:finding_accept": Act(
        "finding.accepted", {"reason": "known", "until": "30"}, detail=BOTH
    ),
    "keys:finding_reopen": Act("finding.reopened", before=_accepted, detail=BOTH),
    "keys:lookup": Act(
        "key.looked_up",
        {"credential_material": f"found: {SECRET}", "host": "xai"},
        detail=frozenset({"found", "not_found", "asked_live"}),
        outcome="found",
    ),
    "playground:stream_explore": Act(
        "key.explored",
        {"key": "{key_id}", "read": "key"},
        detail=frozenset({"address"}),
        is_long=True,  # the answer comes as a stream
    ),
    "polling:check_now": Act("key.checked_by_hand"),
    "polling:check_picked": Act("key.checked_by_hand", KEY),
}
OF_OTHERS = {
    "polling:look_now": Act(
        "prices.asked_by_hand", before=_polled, detail=frozenset({"keys"}), of_key=False
    ),
    "finance:review_all": Act(
        "prices.reviewed",
        {"up_to": "2999-01-01T00:00:00Z", "note": "seen"},
        detail=frozenset({"changes", "up_to", "note"}),
    ),
    "finance:review_one": Act(
        "prices.reviewed", {"note": "seen"}, detail=frozenset({"change", "note"})
    ),
    "finance:take_back_together": Act(
        "prices.reviewed",
        {"reviewed_at": "2026-06-20T12:00:00Z"},
        before=_reviewed_together,
        detail=frozenset({"reviewed_at", "taken_back"}),
    ),
    "finance:take_back": Act(
        "prices.reviewed", before=_reviewed, detail=frozenset({"taken_back"})
    ),
    "finance:confirm_price": Act(
        "price.confirmed",
        {"digest": "{digest}"},
        before=_odd,
        detail=frozenset({"teams", "ticks"}),
    ),
    "finance:feed_make": Act("feed.made"),
    "finance:feed_drop": Act("feed.dropped", before=_with_feed),
    "finance:tokenizer_on": Act(
        "sentinel.switched_on", {"key": "{key_id}"}, before=_tokenizing
    ),
    "finance:tokenizer_off": Act("sentinel.switched_off", before=_watching),
    "finance:tokenizer_now": Act("sentinel.asked", before=_watching),
    "finance:scenario_share": Act("scenario.shared", before=_not_shared),
    "finance:scenario_unshare": Act("scenario.unshared"),
    "finance:scenario_delete": Act("scenario.deleted"),
    "playground:history_share": Act(
        "conversation.shared", {"days": "7"}, detail=frozenset({"until", "days"})
    ),
    "playground:share_revoke": Act(
        "conversation.share_revoked", detail=frozenset({"until"})
    ),
    "budgets:add": Act("budget.set", {**BUDGET, "team": "{team_id}", "month": "5"}),
    "budgets:change": Act(
        "budget.changed", {**BUDGET, "limit": "7", "seen": "0"}, detail=BOTH
    ),
    "budgets:end": Act("budget.ended", detail=frozenset({"before"})),
    "budgets:raise": Act(
        "budget.raised",
        {"more": "2", "through": "{today}", "reason": "launch"},
        detail=RAISE,
    ),
    "budgets:take_back": Act("budget.raise_taken_back", detail=RAISE),
    "calls:adjust": Act(
        "call.adjusted",
        {"cost": "ticks", "amount": "5", "reason": "invoice 7", "after": "0"},
        detail=BOTH | {"reason", "ceiling_ticks"},
    ),
    "incidents:acknowledge": Act("incident.acknowledged", {"note": "mine"}),
    "account_login": Act("sign_in.done", {"login": "ada", "password": PASSWORD}),
    "account_logout": Act("sign_out"),
    "account_reauthenticate": Act("sign_in.confirmed", {"password": PASSWORD}),
    "keys:change_person": Act("xai_user.linked", {"name": "Tomas"}, detail=BOTH),
    "keys:change_person_forget": Act("xai_user.unlinked", before=_linked, detail=BOTH),
    "keys:import_start": Act("keys.import_started", detail=frozenset({"rows"})),
    "keys:import_cancel": Act(
        "keys.import_cancelled", before=_running, detail=frozenset({"rows"})
    ),
    "alerts:add": Act("channel.added", {**CHANNEL, "kind": "webhook"}),
    "alerts:edit": Act("channel.edited", CHANNEL, detail=BOTH),
    "alerts:switch": Act("channel.disabled"),
    "alerts:remove": Act("channel.removed"),
    "alerts:rotate": Act("channel.key_rotated"),
    "alerts:test": Act("channel.tested"),
    "alerts:rule_add": Act("channel.rule_saved", RULE, detail=BOTH),
    "alerts:rule_edit": Act("channel.rule_saved", RULE, detail=BOTH),
    "alerts:rule_remove": Act("channel.rule_removed", detail=frozenset({"before"})),
    "pages:audit_verify": Act(
        "audit.verified", detail=frozenset({"entries", "broken_at"})
    ),
    "pages:evidence": Act(
        "evidence.made",
        {"first_day": "2026-01-01", "last_day": "2026-01-31"},
        detail=frozenset({"manifest_sha256"}),
        is_long=True,
    ),
}
ACTS = {
    **OF_KEYS,
    **{name: one._replace(of_key=False) for name, one in OF_OTHERS.items()},
}
EXPORTS = {
    "budgets:list": "export.budgets",
    "calls:list": "export.calls",
    "finance:changes": "export.price_changes",
    "finance:differences": "export.price_differences",
    "finance:model": "export.model_prices",
    "finance:estimate": "export.estimate",
    "finance:prices": "export.prices",
    "finance:tokenizer": "export.tokenizer",
    "finance:referee": "export.referee",
    "incidents:list": "incidents.exported",
    "keys:access": "access.exported",
    "keys:changes": "changes.exported",
    "keys:findings": "findings.exported",
    "keys:import_job": "keys.import_exported",
    "keys:list": "keys.exported",
    "pages:audit_export": "audit.exported",
    "playground:history_export": "conversation.exported",
    "usage:mine": "export.usage",
    "usage:usage": "export.usage",
}
FORMATS = {"playground:history_export": ("json", "md")}  # of the others: csv and json
