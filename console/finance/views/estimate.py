"""The estimator: its page, its files, and counting the real tokens of a text."""

from __future__ import annotations

from collections.abc import Mapping
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
from django.views.decorators.http import require_http_methods

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
from console.relay.counting import Count

PAGE, SHOWN_SCENARIOS = "finance/estimate.html", 5


@require_http_methods(["GET", "HEAD", "POST"])
@rule("prices.view")
def estimate(request: HttpRequest) -> HttpResponseBase:
    """What a job would cost on the chosen models; the address holds the whole job.

    A POST brings a text: its real tokens become the prompt.
    """
    if request.method == "POST":
        return _count(request)
    job = EstimateForm(request.GET)
    found = Estimate.made_of(job, offers(request.user, job.names))
    format = export.format_of(request.GET.get("format", ""))
    if format and found.comparison:
        return _export(request, found.comparison, format)
    if request.GET.get("show") == "print" and found.comparison:
        context = found.context | {"opened": _opened_by(request)}
        return render(request, "finance/estimate_print.html", context)

    context = found.context | _around(request) | {"alone": wants_part(request)}
    response = render_page(request, PAGE, context, part="estimate-result")
    if wants_part(request) and found.comparison:
        response["HX-Replace-Url"] = address(found.comparison.inputs, context["opened"])
    return response


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
    def _counted(self) -> Mapping[str, int]:
        """The counts that are used; of a wrong job, those that it brought."""
        if self.comparison:
            return self.comparison.inputs.counted
        told = {offer.model_id for offer in self.offers}
        return {name: n for name, n in self.form.counts.items() if name in told}

    @property
    def context(self) -> dict[str, Any]:
        """Return what the templates of an estimate need."""
        names = {offer.name for offer in self.choice.offers}
        return {
            "form": self.form,
            "comparison": self.comparison,
            "unknown": self.choice.unknown,
            "query": self.comparison.inputs.query if self.comparison else "",
            "ticked": names if self.form.names else (),
            "counted": self._counted,
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
    part = wants_part(request)
    return {
        "cannot_count": None if part else counting.obstacle(person_of(request)),
        "count_form": CountForm(),
        "name_form": NameForm(),
        "opened": _opened_by(request),
        "scenarios": [
            (one, address(scenarios.inputs_of(one), one))
            for one in own[:SHOWN_SCENARIOS]
        ],
        "all_scenarios": len(own),
        "most_calls": counting.MOST_CALLS,
    }


def _opened_by(request: HttpRequest) -> Scenario | None:
    """Return which of the person's scenarios is worked on."""
    text = request.POST.get("scenario") or request.GET.get("scenario", "")
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return Scenario.objects.visible_to(request.user).filter(pk=wanted).first()


def _count(request: HttpRequest) -> HttpResponse:
    """Count a pasted text, and go on to the estimate with the counts as its prompt."""
    job, form = _job_of(request), CountForm(request.POST)
    found = Estimate.made_of(job, offers(request.user, job.names))
    counts: list[Count] = []
    if found.comparison and form.is_valid():
        counts = _counts(request, form, found.comparison)
        got = {one.model_id: one.tokens for one in counts if one.tokens is not None}
        inputs = found.comparison.inputs.with_counts(got)
        if counts and len(got) == len(counts):
            messages.success(request, _said(counts, found.comparison))
            where = address(inputs, _opened_by(request))
            return HttpResponseRedirect(where, status=303)
        found = Estimate.made_of(form_of(inputs.query), found.offers)
    context = (
        found.context
        | _around(request)
        | {"count_form": form, "counts": counts, "alone": False}
    )
    response = render(request, PAGE, context, status=422)
    if request.headers.get("HX-Request") and found.comparison:
        # The form was sent to the address with which the page once came.
        where = address(found.comparison.inputs, context["opened"])
        response["HX-Push-Url"] = where
    return response


def _job_of(request: HttpRequest) -> EstimateForm:
    """Return the job beside the text: as it stands in its form, or as it was shown."""
    if "requests" in request.POST:
        return EstimateForm(request.POST)
    return form_of(request.POST.get("inputs", ""))


def _counts(
    request: HttpRequest, form: CountForm, comparison: Comparison
) -> list[Count]:
    """Return the counts, or say in the form why there are none."""
    if not comparison.lines:
        form.add_error("text", "No model is chosen that counts. Nothing was sent.")
        return []
    try:
        return counting.count(
            user=person_of(request),
            text=form.cleaned_data["text"],
            offers=[line.offer for line in comparison.lines],
        )
    except counting.Busy as busy:
        form.add_error("text", f"{busy.sentence} {busy.advice}")
        return []


def _said(counts: list[Count], comparison: Comparison) -> str:
    each = ", ".join(f"{one.model_id}: {one.tokens:,}" for one in counts)
    made = sum(not one.known_before for one in counts)
    told = f"{each} tokens. {made} call{'s were' if made > 1 else ' was'} booked."
    if not made:
        told = f"Counted before, so no call was made. {each} tokens."
    models = len({line.offer.model_id for line in comparison.lines})
    if models > len(counts):
        told += (
            f" These are the first {len(counts)} of the {models} models compared; the "
            "others are computed with the largest count."
        )
    return told


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
