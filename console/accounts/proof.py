"""Fresh proof of identity: the password, entered in the last minutes.

Dangerous acts need it. Signing in counts as well as confirming later: both are the
password, typed in this session.
"""

from __future__ import annotations

from time import time
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

READING = {"GET", "HEAD"}


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether this session proved who it is within the last minutes."""
    records = get_authentication_records(request, request.user)
    oldest = time() - float(app_settings.REAUTHENTICATION_TIMEOUT)
    return any(record["at"] > oldest for record in records)


def ask(request: HttpRequest) -> HttpResponse:
    """Lead to the page that asks for the password, and back to the page before.

    allauth would keep the refused POST in the session to repeat it, and with it a
    secret in the clear. Here nothing is kept: the person sends the form again.
    """
    if request.method not in READING:
        messages.warning(
            request, "Nothing was changed. Confirm that it is you, then send it again."
        )
    query = urlencode({"next": page_of(request)})
    url = f"{reverse('account_reauthenticate')}?{query}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def page_of(request: HttpRequest) -> str:
    """Return the path of the page that the person looks at.

    That is the one asked for, or for a form the one that sent it; the overview if
    the browser does not tell.
    """
    if request.method in READING and not request.headers.get("HX-Request"):
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer")
    host = request.get_host()
    if not came_from or not url_has_allowed_host_and_scheme(came_from, {host}):
        return reverse("pages:overview")
    page = urlsplit(came_from)
    return f"{page.path}?{page.query}" if page.query else page.path
