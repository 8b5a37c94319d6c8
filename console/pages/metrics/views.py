"""What Prometheus asks for. Whoever has the token reads it, and nobody else."""

from __future__ import annotations

from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from console.accounts.rules import rule
from console.pages.metrics.exposition import CONTENT_TYPE, exposition


@require_safe
@rule("public")
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics as text. Without GATEHOUSE_METRICS_TOKEN the page does not exist."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not _may_read(request):
        answer = HttpResponse("a token is needed\n", CONTENT_TYPE, status=401)
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    try:
        text = exposition(now=timezone.now())
    except (DatabaseError, InterfaceError):
        return HttpResponse("database\n", CONTENT_TYPE, status=503)
    return HttpResponse(text, CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN.encode()
    return scheme.lower() == "bearer" and compare_digest(token.encode(), wanted)
