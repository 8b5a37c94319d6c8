"""Addresses of the pages about everything."""

from django.urls import path

from console.pages import audit_views, health, sandbox, views
from console.pages.evidence import views as evidence
from console.pages.metrics import views as metrics

app_name = "pages"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("status/", views.status, name="status"),
    path("audit/", audit_views.log, name="audit"),
    path("audit/export/", audit_views.export_log, name="audit_export"),
    path("audit/evidence/", evidence.evidence, name="evidence"),
    path("audit/verify/", audit_views.verify, name="audit_verify"),
    path("sandbox/", sandbox.controls, name="sandbox"),
    path("sandbox/team/", sandbox.team, name="sandbox_team"),
    path("sandbox/key/", sandbox.key, name="sandbox_key"),
    path("sandbox/price/", sandbox.price, name="sandbox_price"),
    path("sandbox/tokenizer/", sandbox.tokenizer, name="sandbox_tokenizer"),
    path("sandbox/fault/", sandbox.fault, name="sandbox_fault"),
    path("sandbox/new-key/", sandbox.new_key, name="sandbox_new_key"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
