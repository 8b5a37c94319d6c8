"""What each action of the audit trail is called, and which kind it is.

The one table of actions. One that is missing here is shown verbatim, as a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from types import MappingProxyType
from typing import Any

from console.keys.wording import field_in_words


class Kind(StrEnum):
    """What the chips of the log tell apart. Every entry is of one kind."""

    HERE = "here"
    OUTSIDE = "outside"
    EXPORT = "export"
    SIGN_IN = "sign-in"
    REFUSED = "refused"
    INCIDENT = "incident"

    @property
    def label(self) -> str:
        """Return its name."""
        return _KINDS[self][0]

    @property
    def glyph(self) -> str:
        """Return its icon."""
        return _KINDS[self][1]


_KINDS = {
    Kind.HERE: ("Changes here", "pencil"),
    Kind.OUTSIDE: ("Seen outside", "outside"),
    Kind.EXPORT: ("Exports", "download"),
    Kind.SIGN_IN: ("Sign-ins", "user"),
    Kind.REFUSED: ("Refused", "lock"),
    Kind.INCIDENT: ("Incidents", "warn"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One action. In `rest`, names in braces stand for details of the entry.

    `{object}` is the thing acted on, `{fields}` the names of what was changed.
    """

    kind: Kind
    verb: str
    rest: str = ""
    alone: str | None = None  # in place of `rest` for an entry without an object


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry in words: verb, before, the object, after."""

    verb: str
    before: str
    object: str
    after: str


_HERE, _OUTSIDE, _EXPORT = Kind.HERE, Kind.OUTSIDE, Kind.EXPORT
_SIGN_IN, _REFUSED, _INCIDENT = Kind.SIGN_IN, Kind.REFUSED, Kind.INCIDENT

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "conversation.shared": Words(
            _HERE, "Shared a snapshot", "of {object}, until {until}"
        ),
        "conversation.share_revoked": Words(_HERE, "Revoked", "the link to {object}"),
        "conversation.exported": Words(_EXPORT, "Exported", "{object} of their own"),
        "prompt_template.added": Words(_HERE, "Added", "{object} for a team"),
        "prompt_template.edited": Words(_HERE, "Changed", "{object} of a team"),
        "prompt_template.deleted": Words(_HERE, "Took", "{object} from a team"),
        "key.added": Words(_HERE, "Added", "the key {object}"),
        "key.edited": Words(_HERE, "Changed", "the {fields} of {object}"),
        "key.secret_replaced": Words(_HERE, "Replaced", "the secret of {object}"),
        "key.watch_paused": Words(_HERE, "Stopped watching", "{object}"),
        "key.watch_resumed": Words(_HERE, "Resumed watching", "{object}"),
        "key.removed": Words(_HERE, "Removed", "the key {object}"),
        "prices.asked_by_hand": Words(_HERE, "Asked xAI for its prices"),
        "key.checked_by_hand": Words(_HERE, "Asked xAI", "about {object}"),
        "key.explored": Words(_HERE, "Explored", "{object}: {address}"),
        "key.looked_up": Words(
            _HERE,
            "Looked up",
            "a pasted key: it is {object}",
            "a pasted key: it is not stored here",
        ),
        "keys.imported": Words(
            _HERE, "Imported", "keys: {stored} stored, {refused} refused"
        ),
        "keys.import_started": Words(_HERE, "Started an import", "of keys {object}"),
        "keys.import_finished": Words(_HERE, "Finished an import", "of keys {object}"),
        "keys.import_cancelled": Words(
            _HERE, "Cancelled an import", "of keys {object}"
        ),
        "team.added": Words(_HERE, "Added", "the team {object}"),
        "person.added": Words(_HERE, "Added", "the person {object}"),
        "person.password_changed": Words(_HERE, "Changed", "the password of {object}"),
        "finding.accepted": Words(_HERE, "Accepted a finding", "on {object}"),
        "finding.reopened": Words(_HERE, "Reopened a finding", "on {object}"),
        "prices.reviewed": Words(_HERE, "Reviewed", "changes of prices and models"),
        "price.confirmed": Words(_HERE, "Confirmed", "an odd price of {object}"),
        "budget.set": Words(_HERE, "Set", "the {object}"),
        "budget.changed": Words(_HERE, "Changed", "the {object}"),
        "budget.ended": Words(_HERE, "Ended", "the {object}"),
        "budget.raised": Words(_HERE, "Raised for a while", "the {object}"),
        "budget.raise_taken_back": Words(_HERE, "Took back a raise", "of the {object}"),
        "call.adjusted": Words(_HERE, "Entered by hand", "the cost of a call"),
        "feed.made": Words(_HERE, "Made", "an address for the Atom feed"),
        "feed.dropped": Words(_HERE, "Dropped", "their address of the Atom feed"),
        "channel.added": Words(_HERE, "Added", "the channel {object}"),
        "channel.edited": Words(_HERE, "Changed", "the channel {object}"),
        "channel.removed": Words(_HERE, "Removed", "the channel {object}"),
        "channel.tested": Words(_HERE, "Sent a test", "to the channel {object}"),
        "channel.key_rotated": Words(
            _HERE, "Replaced", "the signing key of the channel {object}"
        ),
        "channel.enabled": Words(_HERE, "Switched on", "the channel {object}"),
        "channel.disabled": Words(_HERE, "Switched off", "the channel {object}"),
        "channel.rule_saved": Words(
            _HERE, "Saved", "an alert rule of the channel {object}"
        ),
        "channel.rule_removed": Words(
            _HERE, "Removed", "an alert rule of the channel {object}"
        ),
        "sentinel.switched_on": Words(
            _HERE, "Switched on", "the tokenizer sentinel with {object}"
        ),
        "sentinel.key_changed": Words(
            _HERE, "Changed", "the key of the tokenizer sentinel to {object}"
        ),
        "sentinel.switched_off": Words(
            _HERE, "Switched off", "the tokenizer sentinel with {object}"
        ),
        "sentinel.asked": Words(_HERE, "Asked", "for tokenizers to be read now"),
        "scenario.shared": Words(_HERE, "Shared", "the scenario {object} by a link"),
        "scenario.unshared": Words(_HERE, "Unshared", "the scenario {object}"),
        "scenario.deleted": Words(_HERE, "Deleted", "the scenario {object}"),
        "audit.verified": Words(_HERE, "Verified the chain", "of the audit log"),
        "vault.opened": Words(_HERE, "Opened the vault", "after it was sealed"),
        "change.confirmed": Words(_OUTSIDE, "Confirmed a change", "of {object}"),
        "change.escalated": Words(_OUTSIDE, "Escalated a change", "of {object}"),
        "change.reopened": Words(_OUTSIDE, "Reopened a change", "of {object}"),
        "xai_user.linked": Words(_OUTSIDE, "Named", "the xAI user {object}"),
        "xai_user.unlinked": Words(_OUTSIDE, "Forgot", "who the xAI user {object} is"),
        "keys.exported": Words(_EXPORT, "Exported", "the key inventory"),
        "keys.import_exported": Words(
            _EXPORT, "Exported", "the result of an import {object}"
        ),
        "export.price_changes": Words(
            _EXPORT, "Exported", "the changes of prices and models"
        ),
        "export.prices": Words(_EXPORT, "Exported", "the price list"),
        "export.model_prices": Words(_EXPORT, "Exported", "the prices of {object}"),
        "export.price_differences": Words(
            _EXPORT, "Exported", "what differs between teams"
        ),
        "export.tokenizer": Words(_EXPORT, "Exported", "the language tax"),
        "export.referee": Words(_EXPORT, "Exported", "the comparison of a price file"),
        "export.override": Words(_EXPORT, "Exported", "a corrected price file"),
        "export.budgets": Words(_EXPORT, "Exported", "the budgets"),
        "export.usage": Words(_EXPORT, "Exported", "what calls cost"),
        "export.estimate": Words(_EXPORT, "Exported", "a cost estimate"),
        "export.calls": Words(_EXPORT, "Exported", "single calls, {from} to {to}"),
        "findings.exported": Words(_EXPORT, "Exported", "the findings"),
        "changes.exported": Words(_EXPORT, "Exported", "the feed of changes"),
        "access.exported": Words(_EXPORT, "Exported", "the access matrix"),
        "incidents.exported": Words(_EXPORT, "Exported", "the incidents"),
        "audit.exported": Words(_EXPORT, "Exported", "the audit log"),
        "evidence.made": Words(
            _EXPORT, "Made an evidence pack", "for {object}, {from} to {until}"
        ),
        "sign_in.done": Words(_SIGN_IN, "Signed in"),
        "sign_in.confirmed": Words(_SIGN_IN, "Confirmed", "their password"),
        "sign_out": Words(_SIGN_IN, "Signed out"),
        "sign_in.failed": Words(
            _REFUSED, "Failed to sign in", "as {object}", "under an unknown name"
        ),
        "access.denied": Words(
            _REFUSED, "Was refused", "what their role or a limit bars"
        ),
        "incident.opened": Words(_INCIDENT, "Opened an incident", "{object}"),
        "incident.escalated": Words(_INCIDENT, "Escalated the incident", "{object}"),
        "incident.closed": Words(_INCIDENT, "Closed the incident", "{object}"),
        "incident.acknowledged": Words(_INCIDENT, "Took over the incident", "{object}"),
    }
)
BY_KIND: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        kind: tuple(name for name, words in WORDS.items() if words.kind is kind)
        for kind in Kind
    }
)
KNOWN_ELSEWHERE = tuple(
    name for name, words in WORDS.items() if words.kind is not Kind.HERE
)


def kind_of(action: str) -> Kind:
    """Return the kind of an action; one that is not known is a change."""
    return WORDS[action].kind if action in WORDS else Kind.HERE


def title_of(action: str) -> str:
    """Return an action without its object, for lists of actions."""
    words = WORDS.get(action)
    if words is None:
        return action
    rest = words.rest.replace("{object}", "").replace("{fields}", "facts")
    rest = rest.partition("{")[0].partition(",")[0]
    return f"{words.verb} {rest}".strip(" :")


def sentence_of(action: str, name: str, detail: Mapping[str, Any]) -> Sentence:
    """Say what was done to the thing of this name."""
    words = WORDS.get(action)
    if words is None:
        return Sentence(action, "", name, "")
    rest = words.rest if name or words.alone is None else words.alone
    before, mark, after = rest.partition("{object}")
    return Sentence(
        words.verb,
        _filled(before, detail),
        name if mark else "",
        _filled(after, detail),
    )


def _filled(text: str, detail: Mapping[str, Any]) -> str:
    after = detail.get("after")
    changed = after if isinstance(after, dict) else {}
    fields = " and ".join(map(field_in_words, changed)) or "facts"
    values = {"fields": fields, **detail}
    return "".join(
        lead + (str(values.get(field, "some")) if field else "")
        for lead, field, _, _ in Formatter().parse(text)
    )
