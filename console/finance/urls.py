"""Addresses below /models/."""

from django.urls import path

from console.finance import views

app_name = "finance"

urlpatterns = [path("", views.prices, name="prices")]
