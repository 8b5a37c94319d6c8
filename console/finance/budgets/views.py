"""Budgets: what is left of them, and the acts of admins."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.finance.budgets import showing
from console.finance.budgets.forms import BudgetForm, ChangeForm
from console.finance.budgets.raise_form import RaiseForm
from console.finance.views.answers import file_of
from console.lib import export
from console.lib.htmx import render_page
from console.usage import budget_history, budgeting, raising
from console.usage.allowance import RELATED
from console.usage.budget_words import capital, name_of
from console.usage.models import Budget, BudgetRaise
from console.usage.zones import clock_of

REFUSALS = (
    budgeting.AlreadySet,
    budgeting.ChangedMeanwhile,
    budgeting.Contradicts,
    vault.Sealed,
)


def of_standing(
    view: Callable[[HttpRequest, Budget], HttpResponse],
) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Give the budget to a view that acts on it; of an ended one say that it ended."""

    @wraps(view)
    def found(request: HttpRequest, budget_id: UUID) -> HttpResponse:
        budget = _visible(request, budget_id)
        try:
            if budget.ended_at is None:
                return view(request, budget)
            sentence = budget_history.ending_of(budget)
        except budgeting.Ended as refusal:
            sentence = refusal.sentence
        messages.error(request, f"{sentence} Nothing was changed.")
        return _gone(budget)

    return found


@require_GET
@rule("budgets.view")
def budget_list(request: HttpRequest) -> HttpResponseBase:
    """What is left of the budgets that the person may see."""
    user, now = person_of(request), timezone.now()
    if format := export.format_of(request.GET.get("format", "")):
        return file_of(
            request,
            showing.records(user, now=now),
            fields=showing.EXPORT_FIELDS,
            format=format,
            name="budgets",
            detail={},
            about={"object_kind": "budgets"},
        )
    page = showing.budget_list(user, now=now)
    context = {"page": page, "load_limits": showing.load_limits()}
    return render_page(request, "budgets/budget_list.html", context, part="budgets")


@require_GET
@rule("budgets.view")
def budget_detail(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """One budget: what is left, of whom, its raises and the windows before."""
    user, now = person_of(request), timezone.now()
    one = showing.one_budget(_visible(request, budget_id), user, now=now)
    context = {"one": one, "now": now}
    return render(request, "budgets/budget_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("budgets.change")
def budget_add(request: HttpRequest) -> HttpResponse:
    """The form that sets a budget, or one for each of several spans."""
    form = BudgetForm(_sent(request), initial={"contact": person_of(request).pk})
    there = None
    if form.is_valid():
        try:
            made = budgeting.set_budgets(
                subject=form.subject,
                limits=form.limits,
                terms=form.terms,
                actor=actor_of(request),
            )
        except REFUSALS as refusal:
            form.add_error(None, refusal.sentence)
            there = getattr(refusal, "budget_id", None)
        else:
            names = " and the ".join(map(name_of, made))
            return _done(request, f"The {names} {_holds(len(made))} from now on.")
    return _form(request, "budgets/budget_add.html", form, there=there)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("budgets.change")
@of_standing
def budget_change(request: HttpRequest, budget: Budget) -> HttpResponse:
    """The form for a budget's limit, what happens at it, and whom to ask."""
    form = ChangeForm(_sent(request), budget=budget)
    if form.is_valid():
        terms, seen = form.terms, form.cleaned_data["seen"]
        actor = actor_of(request)
        try:
            budgeting.change(budget=budget, terms=terms, seen=seen, actor=actor)
        except REFUSALS as refusal:
            form.refuse(refusal.sentence)
        else:
            return _done(request, f"{_name(budget)} was saved.", budget)
    return _form(request, "budgets/budget_change.html", form, budget=budget)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("budgets.change")
@of_standing
def budget_end(request: HttpRequest, budget: Budget) -> HttpResponse:
    """Ask once, then end a budget."""
    if request.method != "POST":
        context = {"budget": budget, "name": _name(budget)}
        return render(request, "budgets/budget_end.html", context)
    try:
        budgeting.end(budget=budget, actor=actor_of(request))
    except REFUSALS as refusal:
        messages.error(request, refusal.sentence)
        return _gone(None)
    return _done(request, f"{_name(budget)} was ended.")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("budgets.change")
@of_standing
def budget_raise(request: HttpRequest, budget: Budget) -> HttpResponse:
    """The form that adds to a limit for a while; `?person=` is whose."""
    form = RaiseForm(
        _sent(request),
        budget=budget,
        zone=clock_of(person_of(request)),
        person=request.GET.get("person"),
    )
    if form.is_valid():
        try:
            raising.raise_limit(
                budget=budget,
                **form.order,
                by=person_of(request),
                actor=actor_of(request),
            )
        except REFUSALS as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return _done(request, f"{_name(budget)} was raised.", budget)
    running = raising.running(budget)
    return _form(
        request, "budgets/budget_raise.html", form, budget=budget, running=running
    )


@require_POST
@rule("budgets.change")
def take_back(request: HttpRequest, raise_id: int) -> HttpResponse:
    """End a raise before its time."""
    budgets = Budget.objects.visible_to(request.user)
    rows = BudgetRaise.objects.filter(budget__in=budgets).select_related("budget")
    raised = get_object_or_404(rows, pk=raise_id)
    try:
        raising.take_back(raised=raised, actor=actor_of(request))
    except (budgeting.Ended, *REFUSALS) as refusal:
        messages.error(request, refusal.sentence)
        return _gone(raised.budget)
    return _done(request, "The raise was taken back.", raised.budget)


def _visible(request: HttpRequest, budget_id: UUID) -> Budget:
    """Return a budget this person may see; any other does not exist."""
    rows = Budget.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(rows, pk=budget_id)


def _name(budget: Budget) -> str:
    return capital(f"the {name_of(budget)}")


def _holds(number: int) -> str:
    return "holds" if number == 1 else "hold"


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _form(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    budget: Budget | None = None,
    **more: object,
) -> HttpResponse:
    """Show a form; 422 says that it was sent and refused."""
    name = _name(budget) if budget else ""
    context = {"form": form, "budget": budget, "name": name, **more}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _done(
    request: HttpRequest, words: str, budget: Budget | None = None
) -> HttpResponse:
    messages.success(request, words)
    return _gone(budget)


def _gone(budget: Budget | None) -> HttpResponse:
    url = reverse("budgets:detail", args=[budget.pk]) if budget else None
    return HttpResponseRedirect(url or reverse("budgets:list"), status=303)
