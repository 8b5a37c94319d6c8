"""Who may open which view. A view without a rule is closed.

    @require_GET
    @rule("keys.view")
    def key_list(request): ...

A rule speaks of the kind of thing; which rows of it a person sees is decided by the
`visible_to(user)` that starts each query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from types import MappingProxyType
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from console.accounts import proof
from console.accounts.models import Role, User

View = TypeVar("View", bound=Callable[..., Any])

ALL = frozenset(Role)
OVERSIGHT = frozenset({Role.ADMIN, Role.AUDITOR})
ADMIN = frozenset({Role.ADMIN})
MONEY = frozenset({Role.ADMIN, Role.FINANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may, and what else must hold."""

    roles: frozenset[Role] = ALL
    anonymous: bool = False  # strangers too
    fresh_proof: bool = False  # signed in, or confirmed it, in the last minutes
    tryout_only: bool = False  # elsewhere the page does not exist


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "public": Rule(anonymous=True),
        "account.self": Rule(),
        "overview.view": Rule(),
        "keys.view": Rule(),
        "keys.check": Rule(roles=OVERSIGHT),
        "keys.change": Rule(roles=ADMIN, fresh_proof=True),
        "keys.imports": Rule(roles=ADMIN),  # follow one; starting it is keys.change
        "keys.review": Rule(roles=ADMIN),  # accept findings, confirm changes
        "keys.look_up": Rule(roles=OVERSIGHT, fresh_proof=True),
        "incidents.view": Rule(),
        "incidents.act": Rule(roles=ADMIN),
        "alerts.view": Rule(roles=OVERSIGHT),
        "alerts.change": Rule(roles=ADMIN, fresh_proof=True),
        "audit.view": Rule(roles=OVERSIGHT | {Role.STAFF}),  # staff: their own acts
        "audit.verify": Rule(roles=OVERSIGHT),
        "audit.export": Rule(roles=OVERSIGHT),
        "evidence.make": Rule(roles=OVERSIGHT, fresh_proof=True),
        "prices.view": Rule(),
        "prices.review": Rule(roles=MONEY),  # mark changes as reviewed
        "prices.confirm": Rule(roles=MONEY),  # let costs use an odd price
        "budgets.view": Rule(),  # staff: those their own calls count in
        "budgets.change": Rule(roles=ADMIN, fresh_proof=True),
        "usage.view": Rule(),  # own calls, and totals of own teams
        "usage.adjust": Rule(roles=ADMIN, fresh_proof=True),  # enter unknown costs
        "sentinel.change": Rule(roles=ADMIN, fresh_proof=True),
        "playground.use": Rule(),
        "status.view": Rule(roles=OVERSIGHT),
        "sandbox.control": Rule(tryout_only=True),
    }
)


def rule(name: str) -> Callable[[View], View]:
    """Open a view, synchronous or not, to those whom the rule of this name allows."""
    wanted = RULES[name]

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def guarded(
                request: HttpRequest, *args: Any, **kwargs: Any
            ) -> HttpResponseBase:
                refusal = _refusal(wanted, request)
                return refusal or await view(request, *args, **kwargs)

        else:

            @wraps(view)
            def guarded(
                request: HttpRequest, *args: Any, **kwargs: Any
            ) -> HttpResponseBase:
                return _refusal(wanted, request) or view(request, *args, **kwargs)

        guarded.rule = name  # type: ignore[attr-defined]
        if wanted.anonymous:
            guarded.login_required = False  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def allows(user: User | AnonymousUser, name: str) -> bool:
    """Tell whether this person may, fresh proof aside: whether to show the button."""
    wanted = RULES[name]
    if wanted.tryout_only and not settings.TRYOUT:
        return False
    if wanted.anonymous:
        return True
    return isinstance(user, User) and user.is_active and user.role in wanted.roles


def may(user: User | AnonymousUser) -> dict[str, bool]:
    """Return every rule for templates: `{% if may.keys_change %}`."""
    return {name.replace(".", "_"): allows(user, name) for name in RULES}


def _refusal(wanted: Rule, request: HttpRequest) -> HttpResponseBase | None:
    """Return the way to a proof, or None to let through; raise what is final.

    The middleware has looked up the person already, so this asks no database.
    """
    if wanted.tryout_only and not settings.TRYOUT:
        raise Http404
    if wanted.anonymous:
        return None
    if not isinstance(request.user, User):
        return redirect_to_login(proof.page_of(request))
    if request.user.role not in wanted.roles:
        raise PermissionDenied
    if wanted.fresh_proof and not settings.TRYOUT and not proof.is_fresh(request):
        return proof.ask(request)
    return None
