"""What the page of changes takes in, beside reviews."""

from __future__ import annotations

from django import forms


class TakeBackForm(forms.Form):
    """Which review of many changes is taken back: the one of this time."""

    reviewed_at = forms.DateTimeField()
