"""All addresses; each app names its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("console.pages.urls")),
    path("account/", include("console.accounts.urls")),
    path("keys/", include("console.keys.urls")),
    path("", include("console.polling.urls")),
    path("incidents/", include("console.alerts.urls.incidents")),
    path("alerts/", include("console.alerts.urls.channels")),
    path("models/", include("console.finance.urls")),
    path("usage/budgets/", include("console.finance.budgets.urls")),
    path("usage/calls/", include("console.finance.calls.urls")),
    path("usage/", include("console.finance.usage.urls")),
    path("", include("console.playground.urls")),
]

handler400 = "console.pages.errors.bad_request"
handler403 = "console.pages.errors.forbidden"
handler404 = "console.pages.errors.not_found"
handler500 = "console.pages.errors.server_error"
