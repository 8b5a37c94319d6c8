"""The estimator: its page, its files, and counting the real tokens of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.finance.estimate import counting, files, scenarios
from console.finance.estimate.comparison import Comparison, compare
from console.finance.estimate.forms import CountForm, EstimateForm, NameForm, form_of
from console.finance.estimate.inputs import Inputs
from console.finance.estimate.prices_for import Choice, Offer, chosen, offers
from console.finance.models import Scenario
from console.lib import export
from console.lib.htmx import render_page, wants_part

PAGE, SHOWN_SCENARIOS = "finance/estimate.html", 5


@require_GET
@rule("prices.view")
def estimate(request: HttpRequest) -> HttpResponseBase:
    """What a job would cost on the chosen models; the address holds the whole job."""
    job = EstimateForm(request.GET)
    found = Estimate.made_of(job, offers(request.user, job.names))
    format = export.format_of(request.GET.get("format", ""))
    if format and found.comparison:
        return _export(request, found.comparison, format)
    if request.GET.get("show") == "print" and found.comparison:
        return render(request, "finance/estimate_print.html", found.context)

    context = found.context | _around(request)
    response = render_page(request, PAGE, context, part="estimate-result")
    if wants_part(request) and found.comparison:
        response["HX-Replace-Url"] = address(found.comparison.inputs, context["opened"])
    return response


@require_POST
@rule("prices.view")
def count(request: HttpRequest) -> HttpResponse:
    """Count a pasted text with the chosen models; the counts become the prompt."""
    job, form = form_of(request.POST.get("inputs", "")), CountForm(request.POST)
    told = offers(request.user, job.names)
    counts: list[counting.Count] = []
    if job.is_valid() and form.is_valid():
        counts = _counts(request, form, chosen(job.inputs, told).offers)
        got = {one.model_id: one.tokens for one in counts if one.tokens is not None}
        inputs = job.inputs.with_counts(got)
        job = form_of(inputs.query)
        if counts and len(got) == len(counts):
            messages.success(request, _said(counts))
            return HttpResponseRedirect(address(inputs), status=303)
    found = Estimate.made_of(job, told)
    context = found.context | _around(request) | {"count_form": form, "counts": counts}
    return render(request, PAGE, context, status=422)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A form with all that follows from it; without a comparison when it is wrong."""

    form: EstimateForm
    offers: list[Offer]
    choice: Choice
    comparison: Comparison | None

    @classmethod
    def made_of(cls, form: EstimateForm, told: list[Offer]) -> Estimate:
        """Compute what a form asks for at what the person is told."""
        if not form.is_valid():
            return cls(form, told, Choice(()), None)
        inputs = form.inputs.with_counts_of({offer.model_id for offer in told})
        choice = chosen(inputs, told)
        return cls(form, told, choice, compare(inputs, choice.offers))

    @property
    def context(self) -> dict[str, Any]:
        """Return what the templates of an estimate need."""
        names = {offer.name for offer in self.choice.offers}
        told = {offer.model_id for offer in self.offers}
        return {
            "form": self.form,
            "comparison": self.comparison,
            "unknown": self.choice.unknown,
            "query": self.comparison.inputs.query if self.comparison else "",
            "ticked": names if self.form.names else (),
            "counted": {n: c for n, c in self.form.counts.items() if n in told},
            "offers": self.offers,
            "now": timezone.now(),
        }


def address(inputs: Inputs, scenario: Scenario | None = None) -> str:
    """Return where an estimate is shown, as that of a scenario if there is one."""
    of_scenario = f"&scenario={scenario.pk}" if scenario else ""
    return f"{reverse('finance:estimate')}?{inputs.query}{of_scenario}"


def _around(request: HttpRequest) -> dict[str, Any]:
    """Return what stands beside an estimate: the text to count, and scenarios."""
    own = scenarios.scenarios_of(request.user)
    opened = _opened(own, request.GET.get("scenario", ""))
    return {
        "count_form": CountForm(),
        "name_form": NameForm(),
        "opened": opened,
        "scenarios": [
            (one, address(scenarios.inputs_of(one), one))
            for one in own[:SHOWN_SCENARIOS]
        ],
        "all_scenarios": len(own),
        "most_calls": counting.MOST_CALLS,
    }


def _opened(own: list[Scenario], text: str) -> Scenario | None:
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return next((one for one in own if one.pk == wanted), None)


def _counts(
    request: HttpRequest, form: CountForm, wanted: tuple[Offer, ...]
) -> list[counting.Count]:
    """Return the counts, or say in the form why there are none."""
    models = {offer.model_id for offer in wanted}
    if not 0 < len(models) <= counting.MOST_CALLS:
        sentence = f"Choose 1 to {counting.MOST_CALLS} models to count with."
        form.add_error("text", f"{sentence} Nothing was sent.")
        return []
    try:
        return counting.count(
            user=person_of(request), text=form.cleaned_data["text"], offers=wanted
        )
    except counting.Busy as busy:
        form.add_error("text", f"{busy.sentence} {busy.advice}")
        return []


def _said(counts: list[counting.Count]) -> str:
    each = ", ".join(f"{one.model_id}: {one.tokens:,}" for one in counts)
    made = sum(not one.known_before for one in counts)
    if not made:
        return f"Counted before, so no call was made. {each} tokens."
    return f"{each} tokens. {made} call{'s were' if made > 1 else ' was'} booked."


def _export(
    request: HttpRequest, comparison: Comparison, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="export.estimate",
                actor=actor_of(request),
                object_kind="prices",
                detail={"format": format.value, "lines": len(comparison.lines)},
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(address(comparison.inputs), status=303)
    return export.file_response(
        files.records(comparison),
        fields=files.EXPORT_FIELDS,
        format=format,
        name="estimate",
    )
