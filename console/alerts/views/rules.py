"""Rules of channels: which incidents, and when."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.alerts import channels
from console.alerts.forms import RuleForm, entered
from console.alerts.models import AlertRule, Channel
from console.alerts.views.answers import (
    REFUSALS,
    done,
    not_done,
    refuse,
    sent,
    show_form,
    stored_channel,
)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("alerts.change")
def rule_add(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """The form that adds a rule to a channel."""
    return _form(request, stored_channel(channel_id), None)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("alerts.change")
def rule_edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """The form that changes a rule."""
    stored = _stored_rule(rule_id)
    return _form(request, stored.channel, stored)


@require_POST
@rule("alerts.change")
def rule_remove(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Take a rule away."""
    stored = _stored_rule(rule_id)
    try:
        channels.remove_rule(rule=stored, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, f"A rule of {stored.channel.name} was removed.")


def _stored_rule(rule_id: int) -> AlertRule:
    rows = AlertRule.objects.select_related("channel")
    return get_object_or_404(rows, pk=rule_id, channel__removed_at=None)


def _form(
    request: HttpRequest, channel: Channel, stored: AlertRule | None
) -> HttpResponse:
    form = RuleForm(sent(request), initial=entered(stored) if stored else None)
    if form.is_valid():
        try:
            channels.save_rule(
                channel=channel,
                terms=form.terms(),
                actor=actor_of(request),
                rule=stored,
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            return done(request, f"A rule of {channel.name} was saved.")
    return show_form(
        request, "alerts/rule_form.html", form, channel=channel, rule=stored
    )
