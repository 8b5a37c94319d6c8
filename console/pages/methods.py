"""What a browser is told that asks an address in a way it is not made for."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template import loader
from django.utils.deprecation import MiddlewareMixin

from console.pages.errors import PAGES

SAFE = {"GET", "HEAD"}


class WrongMethodMiddleware(MiddlewareMixin):
    """Puts a page of ours in place of the empty 405 of a view.

    Scripts keep the empty one. An address that is only sent to and has a page of its
    own leads there.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, or what to show in its place."""
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        if request.method in SAFE and request.path in PAGES:
            return HttpResponseRedirect(PAGES[request.path])
        if not _shows_pages(request):
            return response
        allowed = response.headers["Allow"]
        page = loader.render_to_string("405.html", {"sent": request.method not in SAFE})
        status = HTTPStatus.METHOD_NOT_ALLOWED
        return HttpResponse(page, status=status, headers={"Allow": allowed})


def _shows_pages(request: HttpRequest) -> bool:
    is_part = "HX-Request" in request.headers
    return not is_part and "text/html" in request.headers.get("Accept", "")
