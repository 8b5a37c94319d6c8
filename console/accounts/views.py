"""allauth's pages under our rules.

Each runs in one transaction with its audit entry: what cannot be recorded does not
happen.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from allauth.account.views import LoginView, LogoutView, ReauthenticateView
from django.db import transaction
from django.http import HttpResponse

from console.accounts.rules import rule


class SignInView(LoginView):  # type: ignore[misc]
    """The page to sign in on."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Answer 422, as our other forms do."""
        return _refused(self, form)


class ConfirmView(ReauthenticateView):  # type: ignore[misc]
    """The page that asks for the password again."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Answer 422, as our other forms do."""
        return _refused(self, form)


def _refused(view: Any, form: Any) -> HttpResponse:
    page: HttpResponse = view.render_to_response(view.get_context_data(form=form))
    page.status_code = 422
    errors = chain.from_iterable(form.errors.as_data().values())
    limited = any(error.code == "too_many_login_attempts" for error in errors)
    page.rate_limited = limited  # type: ignore[attr-defined]  # DenialsMiddleware looks
    return page


sign_in = rule("public")(transaction.atomic(SignInView.as_view()))
sign_out = rule("public")(transaction.atomic(LogoutView.as_view()))
confirm = rule("account.self")(transaction.atomic(ConfirmView.as_view()))
