"""Filters of the templates of incidents."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.template import Library

from console.accounts.models import User
from console.alerts.models import Incident

register = Library()


@register.filter
def told_to(incident: Incident, reader: User | AnonymousUser) -> str:
    """Write what an incident says as its reader is told it."""
    return incident.told_to(reader)
