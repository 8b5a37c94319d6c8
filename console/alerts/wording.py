"""What an incident is called and says. Pure; no word of xAI's stands in it but ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from console.alerts.models import IncidentKind
from console.keys.models import ApiKey, KeyChange
from console.keys.wording import change_in_words, field_in_words
from console.lib.redact import escaped

NAMED = 3  # keys of a team; more are counted

# Title, and what it means and what to do.
OF_KEYS: Final = {
    IncidentKind.KEY_BLOCKED: (
        "xAI has blocked {label}",
        "The key can do nothing until xAI lifts the block. Ask xAI for the reason.",
    ),
    IncidentKind.KEY_DISABLED: (
        "{label} was switched off",
        "A person disabled it in xAI's console. Enable it there if it is still needed; "
        "remove it here if not.",
    ),
    IncidentKind.REJECTED: (
        "xAI does not accept {label}",
        "Most likely it was deleted or replaced at xAI. Replace its secret here, or "
        "remove it.",
    ),
    IncidentKind.UNREACHABLE: (
        "{label} gets no answer",
        "Three checks in a row had no answer, so nothing is known of it. It may still "
        "work; Gatehouse tries again by itself.",
    ),
    IncidentKind.IDENTITY: (
        "Another key answers in place of {label}",
        "xAI answered for the key {other} and not for the one first seen. Nothing of "
        "that answer is used. Replace the secret, or remove the key.",
    ),
}


def of_key(kind: IncidentKind, key: ApiKey) -> tuple[str, str]:
    """Return title and sentence for one key in a bad state."""
    title, sentence = OF_KEYS[kind]
    owner = f" {key.owner} owns it." if key.owner else ""
    other = escaped(key.mistaken_for)
    return title.format(label=key.label), sentence.format(other=other) + owner


def of_team(name: str, *, stopped: int, labels: Sequence[str]) -> tuple[str, str]:
    """Return title and sentence for a blocked team; few keys are named."""
    sentence = (
        f"{keys(stopped)} {'stops' if stopped == 1 else 'stop'}"
        f"{': ' + listed(labels) if labels else ''}. Only the team's owner can settle "
        "this with xAI; Gatehouse goes on checking."
    )
    return f"xAI has blocked the team {name}", sentence


def of_host(host: str, *, silent: int, watched: int) -> tuple[str, str]:
    """Return title and sentence for an upstream host that answers nobody."""
    sentence = (
        f"{silent:,} of its {keys(watched)} get no answer, so the cause is the host or "
        "the way to it. Nothing is known against the keys; Gatehouse tries again by "
        "itself."
    )
    return f"The upstream {host} does not answer", sentence


def of_outside(label: str, look: Sequence[KeyChange]) -> tuple[str, str]:
    """Return title and sentence for the changes that one look at a key found."""
    fields = [field_in_words(one.field) for one in look]
    rights = next((one for one in look if one.field == "acls"), None)
    by = next((one.modified_by for one in look if one.modified_by), "")
    parts = [f"{listed(fields)} changed in xAI's console {gap(look[0])}"]
    if by:
        parts.append(f" by the user {escaped(by)}")
    if rights is not None:
        before, after = change_in_words(rights)
        parts.append(f". Its rights were {before}, now {after}")
    what = "The rights of " if rights is not None else ""
    sentence = "".join(parts) + "."
    return f"{what}{label} changed outside Gatehouse", capital(sentence)


def of_silence(since: datetime | None) -> tuple[str, str]:
    """Return title and sentence for a poller that does not work."""
    began = f"since {since:%-d %b %Y, %H:%M} UTC" if since else "since it was started"
    sentence = (
        f"Nothing was checked {began}, so what is shown may be old. Look whether the "
        "worker runs and reaches the database."
    )
    return "The poller is silent", sentence


def gap(change: KeyChange) -> str:
    """Say when a change happened, as far as it is known."""
    start, end = change.gap_from, change.gap_until
    if start is None:
        return f"before {end:%H:%M} UTC"
    if start.date() != end.date():
        return f"between {start:%-d %b, %H:%M} and {end:%-d %b, %H:%M} UTC"
    return f"between {start:%H:%M} and {end:%H:%M} UTC"


def keys(number: int) -> str:
    """Say a number of keys."""
    return "1 key" if number == 1 else f"{number:,} keys"


def capital(sentence: str) -> str:
    """Begin a sentence as sentences begin."""
    return sentence[:1].upper() + sentence[1:]


def listed(words: Sequence[str]) -> str:
    """Join words as people do."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
