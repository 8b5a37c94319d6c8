"""Fields of forms about keys: a secret, and texts that others read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from console import xai
from console.keys import tags
from console.keys.refusals import SecretInText


class SecretField(forms.CharField):
    """A key's characters, typed once and never shown again.

    Its name is `credential_material` wherever it is used, which is the name that
    error reports hide.
    """

    def __init__(self) -> None:
        super().__init__(
            label="Secret",
            max_length=2000,
            widget=forms.PasswordInput(
                render_value=False,
                attrs={
                    "class": "input mono",
                    "autocomplete": "off",
                    "spellcheck": "false",
                    "autocapitalize": "off",
                },
            ),
            error_messages={
                "required": "Paste the key, from “xai-” to its last character.",
                "max_length": "This is too long to be one xAI key.",
            },
        )


class ShownField(forms.CharField):
    """A text that others read: nothing hides in it, and no key does.

    A key that was pasted into it does not come back with the form.
    """

    def __init__(
        self, label: str, *, length: int, required: bool = True, lines: bool = False
    ) -> None:
        widget = MaskedArea if lines else MaskedLine
        super().__init__(
            label=label, max_length=length, required=required, widget=widget()
        )
        self.spaces = "\t\r\n" if lines else ""

    def validate(self, value: str) -> None:
        """Refuse what cannot be seen, such as marks that turn the text around."""
        super().validate(value)
        if any(not sign.isprintable() and sign not in self.spaces for sign in value):
            raise forms.ValidationError("This has characters that cannot be shown.")
        if xai.redact(value) != value:
            raise forms.ValidationError(SecretInText.sentence)


class TagsField(ShownField):
    """Tags in one line, parted by commas or spaces; becomes a list of them."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(
            "Tags", length=tags.MOST * (tags.LONGEST + 2), required=required
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the line to show for stored tags."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the tags, or say what is wrong with one."""
        try:
            return tags.in_text(super().clean(value))
        except tags.BadTag as problem:
            raise forms.ValidationError(str(problem)) from None


class MaskedLine(forms.TextInput):
    """One line that does not repeat a key."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "input", "autocomplete": "off"})

    def format_value(self, value: Any) -> str | None:
        """Return what to show again."""
        return None if value is None else xai.redact(str(value))


class MaskedArea(forms.Textarea):
    """Several lines that do not repeat a key."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "textarea", "rows": 3})

    def format_value(self, value: Any) -> str | None:
        """Return what to show again."""
        return None if value is None else xai.redact(str(value))


class BlankArea(forms.Textarea):
    """Several lines that hold secrets: what was typed never comes back."""

    def __init__(self, *, rows: int, classes: str = "textarea mono") -> None:
        super().__init__(
            attrs={
                "class": classes,
                "rows": rows,
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "off",
            }
        )

    def format_value(self, value: Any) -> str | None:
        """Show nothing."""
        return None


def host_field() -> forms.ChoiceField:
    """Return the choice between the upstreams, for where there are several."""
    names = [(name, name) for name in settings.XAI_HOSTS]
    return forms.ChoiceField(label="Upstream", required=False, choices=names)
