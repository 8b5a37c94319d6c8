"""Addresses below /usage/budgets/."""

from django.urls import path

from console.finance.budgets import views

app_name = "budgets"

urlpatterns = [
    path("", views.budget_list, name="list"),
    path("add/", views.budget_add, name="add"),
    path("<uuid:budget_id>/", views.budget_detail, name="detail"),
    path("<uuid:budget_id>/change/", views.budget_change, name="change"),
    path("<uuid:budget_id>/end/", views.budget_end, name="end"),
    path("<uuid:budget_id>/raise/", views.budget_raise, name="raise"),
    path("raises/<int:raise_id>/take-back/", views.take_back, name="take_back"),
]
