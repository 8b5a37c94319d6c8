"""Sign-in, sign-out and confirming: all of allauth that has an address here."""

from __future__ import annotations

from django.urls import path

from console.accounts import views

urlpatterns = [
    path("login/", views.sign_in, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("reauthenticate/", views.confirm, name="account_reauthenticate"),
]
