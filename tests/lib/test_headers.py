"""Headers of every answer, from synchronous and asynchronous handlers."""

from __future__ import annotations

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from pytest_django import Settings

from console.lib.headers import SecurityHeadersMiddleware

REQUEST = RequestFactory().get("/")


def test_adds_the_policy_to_a_synchronous_answer(settings: Settings) -> None:
    middleware = SecurityHeadersMiddleware(lambda request: HttpResponse("page"))

    response = middleware(REQUEST)

    assert isinstance(response, HttpResponseBase)
    assert response.headers["Content-Security-Policy"] == settings.SECURE_CSP
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"
    assert "camera=()" in response.headers["Permissions-Policy"]


async def test_adds_the_policy_to_an_asynchronous_answer(
    settings: Settings,
) -> None:
    async def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("stream")

    middleware = SecurityHeadersMiddleware(view)
    later = middleware(REQUEST)

    assert iscoroutinefunction(middleware)
    assert not isinstance(later, HttpResponseBase)
    response = await later
    assert response.headers["Content-Security-Policy"] == settings.SECURE_CSP


def test_leaves_alone_what_a_view_says_of_caching() -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(headers={"Cache-Control": "private, no-cache"})

    response = SecurityHeadersMiddleware(view)(REQUEST)

    assert isinstance(response, HttpResponseBase)
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_the_policy_allows_no_inline_code_and_no_other_host(
    settings: Settings,
) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in settings.SECURE_CSP.split(";") if part
    )

    assert policy.pop("default-src") == "'none'"
    assert policy.pop("frame-ancestors") == policy.pop("base-uri") == "'none'"
    assert policy.pop("img-src") == "'self' data:"
    assert set(policy.values()) == {"'self'"}
    assert {"script-src", "style-src", "connect-src", "form-action"} <= set(policy)
