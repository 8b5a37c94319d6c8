"""Channels: who is told, with what came of it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.alerts import board, channels
from console.alerts.forms import ChannelForm, EditChannelForm
from console.alerts.models import Channel, ChannelKind
from console.alerts.views.answers import (
    REFUSALS,
    done,
    not_done,
    refuse,
    sent,
    show_form,
    stored_channel,
)
from console.lib.htmx import render_page

ADDED = "{name} was added; it is told of everything at once. Narrow that by its rules."


@require_GET
@rule("alerts.view")
def channel_list(request: HttpRequest) -> HttpResponse:
    """Who is told of what, and the log of what was sent."""
    filters = board.filters_of(request.GET.dict())
    context = {
        "board": board.board(filters),
        "filters": filters,
        "has_mail_server": settings.SMTP is not None,
    }
    return render_page(request, "alerts/channel_list.html", context, part="alerts")


@sensitive_post_parameters("target")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("alerts.change")
def channel_add(request: HttpRequest) -> HttpResponse:
    """The form that adds a channel; a webhook's signing key is shown once."""
    form = ChannelForm(sent(request))
    if form.is_valid():
        values = form.cleaned_data
        try:
            channel, key = channels.add_channel(
                name=values["name"],
                kind=ChannelKind(values["kind"]),
                target=values["target"],
                digest_hour=values["digest_hour"],
                actor=actor_of(request),
                added_by=person_of(request),
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            if not key:
                return done(request, ADDED.format(name=channel.name))
            return _show_key(request, channel, key)
    return show_form(
        request,
        "alerts/channel_add.html",
        form,
        has_mail_server=settings.SMTP is not None,
    )


@sensitive_post_parameters("target")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("alerts.change")
def channel_edit(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """The form for a channel's name, address and hour."""
    channel = stored_channel(channel_id)
    known = {"name": channel.name, "digest_hour": channel.digest_hour}
    form = EditChannelForm(sent(request), initial=known)
    if form.is_valid():
        try:
            edited = channels.edit_channel(
                channel=channel, actor=actor_of(request), **form.cleaned_data
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            return done(request, f"{edited.name} was saved.")
    return show_form(request, "alerts/channel_edit.html", form, channel=channel)


@require_POST
@rule("alerts.change")
def channel_switch(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Switch a channel on or off."""
    enabled = request.POST.get("enabled") == "on"
    try:
        channel = channels.set_enabled(
            channel=stored_channel(channel_id),
            enabled=enabled,
            actor=actor_of(request),
        )
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, f"{channel.name} is switched {'on' if enabled else 'off'}.")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("alerts.change")
def channel_remove(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Ask once, then forget a channel's address and rules."""
    channel = stored_channel(channel_id)
    if request.method != "POST":
        return render(request, "alerts/channel_remove.html", {"channel": channel})
    try:
        channels.remove_channel(channel=channel, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, f"{channel.name} was removed.")


@require_POST
@rule("alerts.change")
def channel_rotate(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Make a new signing key, shown once in the answer."""
    channel = stored_channel(channel_id)
    try:
        key = channels.rotate_key(channel=channel, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return _show_key(request, channel, key, rotated=True)


@require_POST
@rule("alerts.change")
def channel_test(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Send a message that says that nothing is wrong, at most twice a minute."""
    channel = stored_channel(channel_id)
    try:
        channels.send_test(channel=channel, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, f"A test is on its way to {channel.name}; see the log below.")


def _show_key(
    request: HttpRequest, channel: Channel, key: str, *, rotated: bool = False
) -> HttpResponse:
    """Show a signing key in the answer itself: nothing else ever holds it."""
    context = {"channel": channel, "key": key, "rotated": rotated}
    return render(request, "alerts/signing_key.html", context)
