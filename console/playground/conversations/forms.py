"""Where an answer belongs, as the page says it; and the small forms of the history."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict

from console.lib.shared_fields import shares_fields
from console.playground.conversations import sharing
from console.playground.forms import ChatForm, MessagesForm
from console.playground.models.conversations import MOST_LANES

# The turns are kept one by one.
SHOWN_AGAIN = {*ChatForm.base_fields, *MessagesForm.base_fields} - {"turns"}
MOST_SHOWN_AGAIN = 300 * 1024  # bytes; what the forms take is less
MOST_BESIDE = 16 * 1024  # characters of JSON, beside each answer of a page
LONGEST_TITLE = 200


@shares_fields
class PlaceForm(forms.Form):
    """Which conversation and which answer; what the page does not name is new."""

    conversation = forms.UUIDField(required=False)
    answer = forms.UUIDField(required=False)
    lane = forms.IntegerField(required=False, min_value=0, max_value=MOST_LANES - 1)
    replaces = forms.BooleanField(required=False)  # what stands there from here on

    def clean_conversation(self) -> UUID:
        """Return its id."""
        return self.cleaned_data["conversation"] or uuid4()

    def clean_answer(self) -> UUID:
        """Return its id."""
        return self.cleaned_data["answer"] or uuid4()

    def clean_lane(self) -> int:
        """Return its number."""
        return self.cleaned_data["lane"] or 0


class TitleForm(forms.Form):
    """A new title."""

    title = forms.CharField(
        max_length=LONGEST_TITLE,
        error_messages={
            "required": "Give the conversation a title.",
            "max_length": f"A title has at most {LONGEST_TITLE} characters.",
        },
    )


def shown_again(sent: QueryDict) -> dict[str, Any]:
    """Return the fields of the page as they were sent, each with all its values.

    Of more than 300 KB only the model is kept.
    """
    shown = {name: sent.getlist(name) for name in sent if name in SHOWN_AGAIN}
    values = (value for each in shown.values() for value in each)
    # Each value weighs a little, so that empty ones cannot be without number.
    size = sum(len(value.encode("utf-8", "replace")) + 4 for value in values)
    if size > MOST_SHOWN_AGAIN:
        return {"model": [sent.get("model", "")]}
    return shown


def brief(shown: dict[str, Any]) -> dict[str, Any] | None:
    """Return those fields that say something, to keep them with one answer.

    None if they are larger than an answer may be in its page.
    """
    told = {name: values for name, values in shown.items() if any(values)}
    return told if len(json.dumps(told)) <= MOST_BESIDE else None


class ImportForm(forms.Form):
    """A file that Gatehouse exported."""

    file = forms.FileField(
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty. Nothing was imported.",
        }
    )


class ShareForm(forms.Form):
    """For how long a snapshot can be read: no longer than conversations are kept."""

    days = forms.TypedChoiceField(
        coerce=int,
        choices=lambda: [(str(days), days) for days in sharing.days_to_choose()],
        error_messages={"required": "Choose for how long."},
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        days = [str(each) for each in sharing.days_to_choose()]
        words = " or ".join(filter(None, [", ".join(days[:-1]), *days[-1:]]))
        self.fields["days"].error_messages["invalid_choice"] = (
            f"Choose {words} day{'' if words == '1' else 's'}."
            if days
            else "Nothing can be shared, since conversations are not kept here."
        )
