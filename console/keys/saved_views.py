"""A person's own names for filters of the inventory. Nobody else sees them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from console.accounts.models import User
from console.keys.models import SavedView
from console.keys.narrowing import Filters

MOST = 50
QUERY_LENGTH = 500
TAKEN = "You have a view of this name already; capitals make no difference."


class Refused(Exception):
    """A view that was not saved; `sentence` is for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def views_of(user: User | AnonymousUser) -> list[SavedView]:
    """Return this person's views, by name."""
    return list(SavedView.objects.filter(user=user)) if isinstance(user, User) else []


def chosen(user: User | AnonymousUser, text: str) -> SavedView | None:
    """Return the view an address names by its number, if it is this person's."""
    if not isinstance(user, User) or not (text.isascii() and text.isdigit()):
        return None
    return SavedView.objects.filter(user=user, pk=text[:18]).first()


@transaction.atomic
def save(*, user: User, name: str, filters: Filters) -> SavedView:
    """Keep the filters, as their own clean address, under a name. Raises Refused."""
    User.objects.select_for_update().get(pk=user.pk)  # two tabs count one by one
    if SavedView.objects.filter(user=user).count() >= MOST:
        raise Refused(f"You have {MOST} views. Delete one first.")
    if len(filters.query) > QUERY_LENGTH:
        raise Refused("These filters are too long to be kept. Shorten the search.")
    return _named(SavedView(user=user, query=filters.query), name)


def rename(*, view: SavedView, name: str) -> SavedView:
    """Give a view another name. Raises Refused if another one has it."""
    return _named(view, name)


def _named(view: SavedView, name: str) -> SavedView:
    view.name = name
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Refused(TAKEN) from None
    return view
