"""What several views of prices answer with: a file, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from console import vault
from console.accounts.acting import actor_of
from console.audit import trail
from console.lib import export


def file_of(
    request: HttpRequest,
    lines: Iterable[export.Record],
    *,
    fields: Sequence[str],
    format: export.Format,
    name: str,
    detail: dict[str, Any],
    file: str = "",
    about: dict[str, Any] | None = None,
) -> HttpResponseBase:
    """Note who takes a file, and stream it; with a sealed vault there is none.

    `name` is that of the act, and of the file where `file` is not given. `about` is
    what the file is of, as the audit log names it, if not the prices as a whole.
    """
    try:
        with transaction.atomic():
            trail.record(
                action=f"export.{name}",
                actor=actor_of(request),
                **{"object_kind": "prices", **(about or {})},
                detail={"format": format.value, **detail},
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(request.path, status=303)
    return export.file_response(lines, fields=fields, format=format, name=file or name)


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Go back to the page of ours that the form names, or to the usual one."""
    wanted = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if ours else reverse(otherwise), status=303)
