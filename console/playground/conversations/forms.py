"""Where an answer belongs, as the page says it; and the small forms of the history."""

from __future__ import annotations

from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict

from console.lib.shared_fields import shares_fields
from console.playground.conversations import sharing
from console.playground.models.conversations import MOST_LANES

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
