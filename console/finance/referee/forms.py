"""What the referee takes in."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

from console.finance.referee.files import LARGEST, TOO_LARGE


class PriceFileForm(forms.Form):
    """One file. No path and no address is ever taken."""

    price_file = forms.FileField(
        label="Price file",
        max_length=255,
        allow_empty_file=True,  # what is wrong with it is said as for any other
        widget=forms.FileInput(
            attrs={"class": "input", "accept": ".json,application/json"}
        ),
        error_messages={"required": "Choose a file."},
    )

    def clean_price_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is larger than any is read."""
        file: UploadedFile[bytes] = self.cleaned_data["price_file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return file
