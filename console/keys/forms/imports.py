"""The table of keys that an import takes in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from console.keys import upstream
from console.keys.forms.fields import BlankArea, host_field
from console.keys.importing import tables

TOO_LARGE = "The table is larger than 2 MiB; split it."


class ImportForm(forms.Form):
    """A file or a pasted text; neither ever comes back with the form."""

    table_file = forms.FileField(
        label="CSV file",
        required=False,
        max_length=255,
        allow_empty_file=True,  # what is wrong with it is said as for any other
        widget=forms.FileInput(
            attrs={"class": "input", "accept": ".csv,.tsv,.txt,text/csv"}
        ),
    )
    credential_material = forms.CharField(
        label="Or paste the table",
        required=False,
        max_length=tables.LARGEST,
        widget=BlankArea(rows=8),
        error_messages={"max_length": TOO_LARGE},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.XAI_HOSTS) > 1:
            self.fields["host"] = host_field()

    def clean_table_file(self) -> UploadedFile[bytes] | None:
        """Refuse a file that is larger than a pasted text may be."""
        file: UploadedFile[bytes] | None = self.cleaned_data["table_file"]
        if file is not None and (file.size or 0) > tables.LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return file

    def clean(self) -> dict[str, Any]:
        """Read the rows of the one table there is."""
        cleaned = super().clean() or {}
        file, pasted = (
            cleaned.get("table_file"),
            str(cleaned.get("credential_material")),
        )
        if self.errors:
            return cleaned
        if bool(file) == bool(pasted):
            both = "Choose a file or paste the table, not both."
            self.add_error("table_file", both if file else "Choose a file, or paste.")
            return cleaned
        field = "table_file" if file else "credential_material"
        try:
            text = tables.decode(file.read()) if file else pasted
            cleaned["rows"] = tables.read(text)
        except tables.BadTable as problem:
            self.add_error(field, str(problem))
        cleaned["host"] = cleaned.get("host") or upstream.default_host()
        return cleaned
