"""What is asked before something is done to many keys."""

from __future__ import annotations

from typing import Any

from django import forms

from console.keys.bulk import Act
from console.keys.forms.fields import ShownField, TagsField


class BulkForm(forms.Form):
    """Nothing more is asked."""

    @property
    def value(self) -> Any:
        """Return what the act gives to each key; None for watching."""
        return None


class OwnerForm(BulkForm):
    """Who owns all of them; empty takes the owner away."""

    owner = ShownField("Owner", length=100, required=False)

    @property
    def value(self) -> Any:
        """Return the owner."""
        return self.cleaned_data["owner"]


class TagForm(BulkForm):
    """Tags to add or to remove."""

    tags = TagsField(required=True)

    @property
    def value(self) -> Any:
        """Return the tags."""
        return self.cleaned_data["tags"]


FORMS: dict[Act, type[BulkForm]] = {
    Act.OWNER: OwnerForm,
    Act.TAG: TagForm,
    Act.UNTAG: TagForm,
    Act.PAUSE: BulkForm,
    Act.RESUME: BulkForm,
}
