"""Forms whose instances share their fields."""

from __future__ import annotations

from typing import TypeVar

from django import forms


class SharedFields(dict[str, forms.Field]):
    """The fields of a form whose instances share them, since none changes any.

    Django copies each field for each instance: for thirty of them a millisecond, while
    somebody waits for the first token.
    """

    def __deepcopy__(self, memo: object) -> dict[str, forms.Field]:
        return dict(self)


FormClass = TypeVar("FormClass", bound=type[forms.Form])


def shares_fields(form: FormClass) -> FormClass:
    """Let the instances of a form share its fields."""
    form.base_fields = SharedFields(form.base_fields)
    return form
