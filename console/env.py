"""Reading the environment: the only place that does.

A wrong value stops the start with one sentence that names the setting, never its
value. The names read here are the table "Settings" of README.md; a test compares.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from console.runtime import tryout

SMTP_PORTS = {"smtp": 587, "smtps": 465}
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def text(name: str, default: str = "") -> str:
    """Return the setting without surrounding blanks, or the default when empty."""
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
    """Return a whole number, both borders allowed."""
    raw = text(name, str(default))
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {least} to {most}."
        )
    return int(raw)


def seconds(name: str, default: timedelta, *, least: int = 1) -> timedelta:
    """Return a duration given in whole seconds."""
    return timedelta(
        seconds=number(name, int(default.total_seconds()), least=least, most=86_400)
    )


def path(name: str, default: Path) -> Path:
    """Return an absolute path; `~` is expanded."""
    raw = text(name)
    return Path(raw).expanduser().absolute() if raw else default


def path_or_off(name: str, default: Path) -> Path | None:
    """Return an absolute path, or None for `off`."""
    return None if text(name).lower() == "off" else path(name, default)


def path_or_none(name: str) -> Path | None:
    """Return an absolute path, or None when unset."""
    return Path(text(name)).expanduser().absolute() if text(name) else None


def hosts(name: str, default: dict[str, str]) -> dict[str, str]:
    """Return `name=URL,name=URL` as a dict, in the order given.

    A bare URL is named by its host. Only https, or http on this machine, since a
    key travels in a header.
    """
    raw = text(name)
    if not raw:
        return default
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in raw.split(","))):
        label, equals, url = part.partition("=")
        if not equals or "://" in label:
            label, url = "", part
        host = _upstream_host(url)
        label = label or host
        if not host or label in found:
            raise ImproperlyConfigured(
                f"{name} must be a list of name=https://host, separated by commas, "
                "with different names (http only for this machine)."
            )
        found[label] = url.rstrip("/")
    return found


def _upstream_host(url: str) -> str:
    """Return the host of an address a key may be sent to, else an empty text."""
    split = _split(url)
    host = (split and split.hostname) or ""
    on_this_machine = host in THIS_MACHINE
    schemes = {"https", "http"} if on_this_machine else {"https"}
    return host if split and split.scheme in schemes else ""


def _split(url: str) -> SplitResult | None:
    """Split an address; None for a port or host that cannot be one.

    The library's own error would repeat a part of the address: for a password with
    a slash in it, that is the password.
    """
    try:
        split = urlsplit(url)
        _ = split.port  # is read, and refused, only now
    except ValueError:
        return None
    return split


def database(name: str) -> dict[str, Any] | None:
    """Return Django's settings for a `postgresql://` URL, or None when unset."""
    raw = text(name)
    if not raw:
        return None
    url = _split(raw)
    if not url or url.scheme not in {"postgres", "postgresql"} or len(url.path) < 2:
        raise ImproperlyConfigured(
            f"{name} must look like postgresql://user:password@host:5432/database."
        )
    return {
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
    }


def broker(name: str) -> str:
    """Return the address of a Redis or Valkey, or an empty text when unset."""
    raw = text(name)
    url = _split(raw)
    if raw and not (url and url.scheme in {"redis", "rediss"} and url.hostname):
        raise ImproperlyConfigured(
            f"{name} must look like redis://:password@host:6379/0."
        )
    return raw


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed over."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool  # from the first byte
    starttls: bool
    timeout: int = 10  # seconds


def mail_server(name: str) -> MailServer | None:
    """Return the mail server, or None when unset.

    `smtp://` switches to TLS before anything is said, but for a server on this
    machine; `smtps://` begins with it.
    """
    raw = text(name)
    if not raw:
        return None
    url = _split(raw)
    plain = url and not (url.path.strip("/") or url.query or url.fragment)
    if not url or not plain or not url.hostname or url.scheme not in SMTP_PORTS:
        raise ImproperlyConfigured(
            f"{name} must look like smtp://user:password@mail.example:587 or "
            "smtps://user:password@mail.example:465, with special characters of the "
            "password written as %40 and so on."
        )
    tls = url.scheme == "smtps"
    return MailServer(
        host=url.hostname,
        port=url.port or SMTP_PORTS[url.scheme],
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        tls=tls,
        starttls=not tls and url.hostname not in THIS_MACHINE,
    )


def mail_address(name: str, default: str) -> str:
    """Return one e-mail address."""
    raw = text(name, default)
    if not re.fullmatch(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", raw):
        raise ImproperlyConfigured(f"{name} must be one address, as in name@example.")
    return raw


def names(name: str) -> frozenset[str]:
    """Return host names or IP addresses, separated by commas, in small letters."""
    found = frozenset(filter(None, (one.strip() for one in text(name).split(","))))
    if not all(re.fullmatch(r"[A-Za-z0-9.:-]+", one) for one in found):
        raise ImproperlyConfigured(
            f"{name} must be a list of host names or IP addresses, separated by "
            "commas, without schemes, ports and stars."
        )
    return frozenset(one.lower() for one in found)


def host_of(url: str) -> str:
    """Return the host of an address of ours."""
    split = _split(url)
    if not split or split.scheme not in {"http", "https"} or not split.hostname:
        raise ImproperlyConfigured(
            "GATEHOUSE_URL must look like https://gatehouse.example."
        )
    return split.hostname


def token(name: str) -> str:
    """Return a token that machines send, or an empty text when unset."""
    raw = text(name)
    if raw and not (len(raw) >= 20 and raw.isascii() and raw.isprintable()):
        raise ImproperlyConfigured(
            f"{name} must be at least 20 characters of ASCII, such as what "
            "`openssl rand -hex 32` prints."
        )
    return raw


def secret_file(name: str, default: Path) -> str:
    """Return the secret in the file that a setting names.

    The default file is made on first use, readable by its owner only.
    """
    given = text(name)
    file = path(name, default)
    if not given and not file.exists():
        _make_secret(file)
    try:
        secret = file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: {file} cannot be read ({error.strerror}); "
            "make it readable or name another file."
        ) from None
    if len(secret) < 32:
        raise ImproperlyConfigured(
            f"{name}: the file must hold at least 32 characters."
        )
    return secret


def _make_secret(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process of ours was faster
    except OSError as error:
        raise ImproperlyConfigured(
            f"GATEHOUSE_DATA_DIR: {file.parent} cannot be written ({error.strerror}); "
            "choose a folder of your own."
        ) from None
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_urlsafe(48))


def sandbox_url(data_dir: Path) -> str:
    """Return the sandbox upstream's address in try-out mode, else an empty text.

    `manage.py up` hands it to its children and leaves its port in the data
    folder, so that commands in another terminal find the same upstream.
    """
    if not tryout.is_tryout(os.environ):
        return ""
    if given := text("GATEHOUSE_SANDBOX_URL"):
        return given
    port = tryout.kept_port(data_dir)
    return f"http://127.0.0.1:{port}" if port else ""
