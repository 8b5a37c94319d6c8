"""The page that makes an evidence pack."""

from __future__ import annotations

from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import anchors
from console.pages.evidence import making, signing
from console.pages.evidence.forms import EvidenceForm, last_quarter
from console.pages.evidence.packing import TooLarge

PART = 256 * 1024  # bytes sent at a time


class PackResponse(StreamingHttpResponse):
    """The file in parts, so that no copy of it stands in memory."""

    def __init__(self, pack: making.Pack) -> None:
        self._pack = pack
        super().__init__(self._parts(), content_type="application/zip")
        self["Content-Disposition"] = f'attachment; filename="{pack.name}"'
        self["Content-Length"] = str(pack.size)
        self["Cache-Control"] = "no-store"

    async def _parts(self) -> AsyncIterator[bytes]:
        while part := self._pack.file.read(PART):
            yield part

    def close(self) -> None:
        """Let the file go."""
        super().close()
        self._pack.file.close()


@require_http_methods(["GET", "HEAD", "POST"])
@rule("evidence.make")
def evidence(request: HttpRequest) -> HttpResponseBase:
    """The form for an evidence pack; sent, it answers with the file."""
    initial = last_quarter(timezone.now().date())
    sent = request.POST if request.method == "POST" else None
    form = EvidenceForm(sent, initial=initial)
    if form.is_valid():
        try:
            return PackResponse(
                making.make(
                    scope=form.scope,
                    maker=person_of(request),
                    actor=actor_of(request),
                )
            )
        except (TooLarge, making.Busy, vault.Sealed) as refusal:
            form.add_error(None, refusal.sentence)
        except anchors.Unwritable as problem:
            form.add_error(None, str(problem))
    context = {"form": form, "signer": signing.fingerprint_or_none()}
    status = 422 if form.is_bound else 200
    return render(request, "pages/evidence.html", context, status=status)
