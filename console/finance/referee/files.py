"""The price files there are: the one a person uploaded, and the one on disk."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from console.accounts.models import User
from console.finance.models import PriceFile
from console.finance.referee import formats
from console.finance.referee.formats import BadFile, Feed
from console.finance.referee.quotes import shown

LARGEST: Final = 5 * 1024 * 1024  # bytes
LARGEST_KEPT: Final = 512 * 1024  # characters; it is read again for each page
TOO_LARGE: Final = "The file is larger than 5 MiB. Remove what is not xAI's from it."


class Source(StrEnum):
    """Where a file comes from."""

    UPLOAD = "upload"
    DISK = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A file that can be compared, or the reason why it cannot."""

    source: Source
    name: str
    at: datetime | None = None  # stored, or changed on disk
    feed: Feed | None = None
    problem: str = ""


def keep(*, person: User, name: str, data: bytes) -> PriceFile:
    """Store xAI's part of a file in place of the person's last one.

    Raises BadFile, which leaves the last one as it was.
    """
    if len(data) > LARGEST:
        raise BadFile(TOO_LARGE)
    content = formats.read(formats.decode(data)).text()
    if len(content) > LARGEST_KEPT:
        raise BadFile("xAI's part of the file is larger than 512 KiB. Shorten it.")
    values = {
        "name": shown(name) or "prices.json",
        "content": content,
        "stored_at": timezone.now(),
    }
    made, _ = PriceFile.objects.update_or_create(person=person, defaults=values)
    return made


def forget(person: User) -> bool:
    """Delete the person's file; tell whether there was one."""
    deleted, _ = PriceFile.objects.filter(person=person).delete()
    return bool(deleted)


def choices(person: User) -> list[Choice]:
    """Return the files this person may compare: their own, then the one on disk."""
    own = PriceFile.objects.filter(person=person).first()
    found = []
    if own is not None:
        found.append(
            Choice(
                source=Source.UPLOAD,
                name=own.name,
                at=own.stored_at,
                feed=formats.again(own.content),
            )
        )
    if settings.PRICE_FEED_FILE is not None:
        found.append(_on_disk(settings.PRICE_FEED_FILE))
    return found


def _on_disk(file: Path) -> Choice:
    name = shown(file.name)
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            raise BadFile("It is no regular file.")
        feed = _read(file, state.st_mtime_ns, state.st_size)
    except OSError as error:
        why = f"It cannot be read ({error.strerror})."
    except BadFile as problem:
        why = str(problem)
    else:
        changed_at = datetime.fromtimestamp(state.st_mtime, UTC)
        return Choice(source=Source.DISK, name=name, at=changed_at, feed=feed)
    return Choice(source=Source.DISK, name=name, problem=why)


@lru_cache(maxsize=2)
def _read(file: Path, changed_ns: int, size: int) -> Feed:
    """Read a file once for each state that it is in."""
    with file.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadFile(TOO_LARGE)
    return formats.read(formats.decode(data))
