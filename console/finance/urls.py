"""Addresses below /models/."""

from django.urls import path

from console.finance.views import prices, tokenizer

app_name = "finance"

urlpatterns = [
    path("", prices.prices, name="prices"),
    path("tokenizer/", tokenizer.tokenizer, name="tokenizer"),
    path("tokenizer/key/", tokenizer.switch_on, name="tokenizer_on"),
    path("tokenizer/off/", tokenizer.switch_off, name="tokenizer_off"),
    path("tokenizer/now/", tokenizer.ask_now, name="tokenizer_now"),
]
