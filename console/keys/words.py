"""Owners and tags that are in use, to choose from while typing."""

from __future__ import annotations

from django.db.models import Count, Func, TextChoices, TextField

from console.keys.models import ApiKey
from console.keys.narrowing import Viewer

MOST = 50


class Kind(TextChoices):
    """Words of which field."""

    OWNER = "owner", "Owner"
    TAG = "tag", "Tag"


def in_use(kind: Kind, *, user: Viewer, start: str) -> list[str]:
    """Return words of keys this person may see that start so, the commonest first."""
    keys = ApiKey.objects.visible_to(user).order_by()
    if kind == Kind.OWNER:
        keys = keys.exclude(owner="").filter(owner__istartswith=start)
        owners = keys.values_list("owner").annotate(keys=Count("pk"))
        return [owner for owner, _ in owners.order_by("-keys", "owner")[:MOST]]
    each = Func("tags", function="unnest", output_field=TextField())
    tagged = keys.filter(tags__len__gt=0).annotate(tag=each)
    tags = tagged.values_list("tag").annotate(keys=Count("pk")).order_by("-keys", "tag")
    return [tag for tag, _ in tags if tag.startswith(start.lower())][:MOST]
