"""Who acts through a request."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from console.accounts.acting import actor_of
from console.accounts.models import User
from console.audit.models import ActorKind


def test_a_person_is_named_with_their_address() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    request.user = user = User(username="ada")

    actor = actor_of(request)

    assert (actor.kind, actor.id, actor.name) == (ActorKind.PERSON, str(user.pk), "ada")
    assert actor.address == "192.0.2.7"


def test_a_stranger_has_no_id() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    assert (actor_of(request).id, actor_of(request).name) == (
        "",
        "somebody not signed in",
    )


def test_all_acts_of_one_request_share_its_id() -> None:
    request, other = RequestFactory().get("/"), RequestFactory().get("/")

    assert actor_of(request).request_id == actor_of(request).request_id
    assert actor_of(request).request_id != actor_of(other).request_id
