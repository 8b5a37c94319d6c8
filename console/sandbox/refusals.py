"""The refusals of the API, each with the status, code and text that xAI uses."""

from starlette.responses import JSONResponse, PlainTextResponse, Response

CONSOLE = "https://console.x.ai"


class Refusal(Exception):
    """An answer that ends the call: a status and a body in xAI's flat shape."""

    def __init__(
        self, status: int, code: str, text: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.retry_after = retry_after

    def response(self) -> Response:
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = f"{self.retry_after:g}"
        body = {"code": self.code, "error": self.text}
        return JSONResponse(body, status_code=self.status, headers=headers)


class EarlyRefusal(Refusal):
    """A request refused before any handler read it: the body is plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, "", text)

    def response(self) -> Response:
        return PlainTextResponse(self.text, status_code=self.status)


def mask(secret: str) -> str:
    """Return the form in which xAI's error texts show a key."""
    return f"{secret[:2]}***{secret[-2:]}" if len(secret) > 8 else "***"


def no_credentials() -> Refusal:
    code = "unauthenticated:no-credentials"
    return Refusal(401, code, "No credentials presented.")


def wrong_key(secret: str) -> Refusal:
    """A key xAI does not know is a 400, not a 401."""
    text = (
        f"Incorrect API key provided: {mask(secret)}. "
        f"You can obtain an API key from {CONSOLE}."
    )
    return Refusal(400, "invalid-argument", text)


def invalid(text: str) -> Refusal:
    return Refusal(400, "invalid-argument", text)


def denied(text: str) -> Refusal:
    return Refusal(403, "permission-denied", text)


def key_disabled(secret: str, team_id: str) -> Refusal:
    return denied(
        f"API key {mask(secret)} is disabled. "
        f"Enable it at {CONSOLE}/team/{team_id}/api-keys."
    )


def key_blocked() -> Refusal:
    return denied("API key is currently blocked: Blocked due to API key leak")


def team_blocked(team_id: str) -> Refusal:
    return denied(f"Team {team_id} is currently blocked. Please contact support.")


def no_credit(team_id: str) -> Refusal:
    return denied(
        f"Your team {team_id} has either used all available credits or reached its "
        "monthly spending limit. To continue making API requests, please purchase "
        "more credits or raise your spending limit."
    )


def endpoint_denied(endpoint: str) -> Refusal:
    return denied(
        f"Access to the {endpoint} endpoint is denied. Please ensure you're using the "
        "correct credentials. If you believe this is a mistake, please log into "
        "console.x.ai and update the permissions, or contact support."
    )


def model_denied(model: str, team_id: str, *, status: int) -> Refusal:
    """A model outside the key's ACLs; which status xAI uses is not documented."""
    if status == 404:
        return model_unknown(model, team_id)
    return denied(
        f"Access to the model {model} is denied. Please log into console.x.ai and "
        "update the permissions of the API key."
    )


def model_unknown(model: str, team_id: str) -> Refusal:
    text = (
        f"The model {model} does not exist or your team {team_id} does not have access "
        "to it. Please ensure you're using the correct model name."
    )
    return Refusal(404, "not-found", text)


def model_retired(model: str, retired_on: str, replacement: str) -> Refusal:
    hint = f" Please use {replacement} instead." if replacement else ""
    text = f"The model {model} was retired on {retired_on} and is gone.{hint}"
    return Refusal(404, "not-found", text)


def gone() -> Refusal:
    text = "Live Search is deprecated. Please switch to the Agent Tools API."
    return Refusal(410, "gone", text)


def rate_limited(team_id: str, *, retry_after: float | None) -> Refusal:
    text = (
        f"Too many requests for team {team_id}. Requests per Second "
        "(actual/limit): 2/2. Please slow down."
    )
    return Refusal(429, "resource-exhausted", text, retry_after=retry_after)


def moderated(ticks: int) -> Response:
    """A refused generation that costs money all the same."""
    body = {
        "code": "invalid-argument",
        "error": "Generated content rejected by content moderation.",
        "usage": {"cost_in_usd_ticks": ticks},
    }
    return JSONResponse(body, status_code=400)


def no_json_type() -> EarlyRefusal:
    return EarlyRefusal(415, "Expected request with `Content-Type: application/json`")


def too_large() -> EarlyRefusal:
    return EarlyRefusal(413, "Failed to buffer the request body: length limit exceeded")
