"""The list of one's own shares."""

from __future__ import annotations

from django.urls import reverse

from console.accounts.models import User
from tests.people import ClientOf
from tests.playground.conversations.stored import shared_conversation


def test_no_label_holds_what_cannot_be_seen(client_of: ClientOf, sam: User) -> None:
    shared_conversation(sam, "evil\u202egnp.exe")

    page = client_of(sam).get(reverse("playground:shares")).text

    assert "Link of evil" in page
    assert "\u202e" not in page
