"""Addresses below /incidents/."""

from django.urls import path

from console.alerts.views import incidents

app_name = "incidents"

urlpatterns = [
    path("", incidents.incident_list, name="list"),
    path("<uuid:incident_id>/", incidents.incident_detail, name="detail"),
    path("<uuid:incident_id>/acknowledge/", incidents.acknowledge, name="acknowledge"),
]
