"""A person's saved estimates, and those that colleagues share by a link."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.finance.estimate import scenarios
from console.finance.estimate.comparison import compare
from console.finance.estimate.forms import NameForm, form_of
from console.finance.estimate.prices_for import chosen, narrowed, offers
from console.finance.models import Scenario
from console.finance.views.estimate import address

BAD_JOB = "The estimate has a number that cannot be used. Correct it, then save again."

NO_JOB = "There is no estimate to save. Make one, then save it there."


@require_http_methods(["GET", "HEAD", "POST"])
@rule("prices.view")
def scenario_list(request: HttpRequest) -> HttpResponse:
    """The person's scenarios; a POST saves one more, for the job it carries."""
    query = request.POST.get("inputs", "")
    form = NameForm(request.POST if request.method == "POST" else None)
    job = form_of(query)
    if form.is_bound and not (query and job.is_valid()):
        form.add_error("name", BAD_JOB if query else NO_JOB)
    if form.is_valid():
        name, owner = form.cleaned_data["name"], person_of(request)
        try:
            saved = scenarios.save(owner=owner, name=name, inputs=job.inputs)
        except scenarios.Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            messages.success(request, f"The scenario “{saved}” was saved.")
            return _to_estimate(saved)
    own = scenarios.scenarios_of(request.user)
    context = {"form": form, "query": query, "scenarios": [_row(one) for one in own]}
    status = 422 if form.is_bound else 200
    return render(request, "finance/scenarios.html", context, status=status)


@require_POST
@rule("prices.view")
def scenario_update(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Give one of the person's scenarios another name, or the job that is sent."""
    scenario = _own(request, scenario_id)
    if query := request.POST.get("inputs"):
        job = form_of(query)
        if not job.is_valid():
            messages.error(request, BAD_JOB)
            return _to_estimate(scenario)
        scenarios.update(scenario, inputs=job.inputs)
        messages.success(request, f"The scenario “{scenario}” was updated.")
        return _to_estimate(scenario)
    form = NameForm(request.POST)
    if form.is_valid():
        scenarios.update(scenario, name=form.cleaned_data["name"])
    else:
        messages.error(request, " ".join(map(str, form.errors["name"])))
    return _to_list()


@require_http_methods(["GET", "HEAD", "POST"])
@rule("prices.view")
def scenario_delete(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Ask whether to delete one of the person's scenarios; a POST does."""
    scenario = _own(request, scenario_id)
    if request.method != "POST":
        context = {"scenario": scenario}
        return render(request, "finance/scenario_delete.html", context)
    try:
        scenarios.delete(scenario, actor=actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"The scenario “{scenario}” was deleted.")
    return _to_list()


@require_POST
@rule("prices.view")
def scenario_share(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Make a link under which any colleague can open the scenario."""
    scenario = _own(request, scenario_id)
    try:
        scenarios.share(scenario.pk, actor=actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(
            request, f"“{scenario}” has a link now. Copy it from the list."
        )
    return _to_list()


@require_POST
@rule("prices.view")
def scenario_unshare(request: HttpRequest, scenario_id: UUID) -> HttpResponse:
    """Kill the link of a scenario."""
    scenario = _own(request, scenario_id)
    try:
        scenarios.unshare(scenario.pk, actor=actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"The link of “{scenario}” does not work any more.")
    return _to_list()


@require_GET
@rule("prices.view")
def scenario_shared(request: HttpRequest, share_token: str) -> HttpResponse:
    """A colleague's scenario, at the prices that the viewer's own teams are told."""
    scenario = _shared(share_token)
    whole = scenarios.inputs_of(scenario)
    told = offers(request.user, whole.models)
    inputs = narrowed(whole, told)
    comparison = compare(inputs, chosen(inputs, told).offers) if inputs else None
    context = {
        "scenario": scenario,
        "comparison": comparison,
        "inputs": inputs or whole,
        "query": inputs.query if inputs else "",
        "left_out": len(chosen(whole, told).unknown),
    }
    return render(request, "finance/scenario_shared.html", context)


@require_POST
@rule("prices.view")
def scenario_copy(request: HttpRequest, share_token: str) -> HttpResponse:
    """Save a colleague's scenario as one's own, without models one is not told."""
    scenario = _shared(share_token)
    whole = scenarios.inputs_of(scenario)
    inputs = narrowed(whole, offers(request.user, whole.models))
    if inputs is None:
        messages.error(request, "None of its models is told to your teams.")
        return _to_list()
    try:
        copy = scenarios.save(
            owner=person_of(request), name=scenario.name, inputs=inputs
        )
    except scenarios.Refused as refusal:
        messages.error(request, refusal.sentence)
        return _to_list()
    messages.success(request, f"“{copy}” is among your scenarios now.")
    return _to_estimate(copy)


def _own(request: HttpRequest, scenario_id: UUID) -> Scenario:
    return get_object_or_404(Scenario.objects.visible_to(request.user), pk=scenario_id)


def _shared(token: str) -> Scenario:
    scenario = scenarios.opened_by(token)
    if scenario is None:
        raise Http404
    return scenario


def _row(scenario: Scenario) -> tuple[Scenario, str, str]:
    """Return a scenario, where it is shown, and the link of colleagues."""
    return scenario, address(scenarios.inputs_of(scenario), scenario), _link(scenario)


def _link(scenario: Scenario) -> str:
    """Return what to send to colleagues; empty when it is not shared."""
    if not scenario.share_token:
        return ""
    path = reverse("finance:scenario_shared", args=[scenario.share_token])
    return f"{settings.SITE_URL}{path}"


def _to_estimate(scenario: Scenario) -> HttpResponse:
    where = address(scenarios.inputs_of(scenario), scenario)
    return HttpResponseRedirect(where, status=303)


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("finance:scenarios"), status=303)
