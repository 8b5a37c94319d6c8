"""A name for what a list or a report was narrowed to."""

from __future__ import annotations

from django import forms

from console.keys.forms.fields import ShownField


class ViewForm(forms.Form):
    """What a person calls a view."""

    name = ShownField("Name", length=60)
