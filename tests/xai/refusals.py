"""Every refusal that is known of xAI: what came, and what it means."""
# ruff: noqa: E501

import json
from typing import Any

from console import xai
from console.xai import Cause, XaiError

TEAM = "5ea6f6bd-7815-4b8a-9135-28b2d7ba6722"


def flat(code: Any, error: str, **more: Any) -> str:
    return json.dumps({"code": code, "error": error, **more})


def nested(code: str, message: str, kind: str = "invalid_request_error") -> str:
    return json.dumps({"error": {"message": message, "type": kind, "code": code}})


DENIED = "permission-denied"
OLD_DENIED = "The caller does not have permission to execute the specified operation"
OLD_ARGUMENT = "Client specified an invalid argument"
EXHAUSTED = "resource-exhausted"
WRONG = "Incorrect API key provided: ab***yz. You can obtain an API key from x.ai."
NO_CREDIT = (
    f"Your team {TEAM} has either used all available credits or reached its monthly "
    "spending limit. To continue, purchase more credits."
)

# name: (status, body, class, cause)
TABLE: dict[str, tuple[int, str, type[XaiError], Cause]] = {
    "wrong key": (400, flat("invalid-argument", WRONG), xai.KeyRejected, Cause.WRONG_KEY),
    "wrong key, sentence": (400, flat(OLD_ARGUMENT, WRONG), xai.KeyRejected, Cause.WRONG_KEY),
    "wrong key, nested": (400, nested("invalid_api_key", WRONG), xai.KeyRejected, Cause.WRONG_KEY),
    "wrong key, encoded": (400, flat("invalid-argument", WRONG.replace(" ", "%20")), xai.KeyRejected, Cause.WRONG_KEY),
    "bad value": (400, flat("invalid-argument", "Argument not supported on this model: presencePenalty"), xai.RequestRefused, Cause.BAD_REQUEST),
    "bad value, nested": (400, nested("invalid_value", "Temperature out of range"), xai.RequestRefused, Cause.BAD_REQUEST),
    "quotes the words of a wrong key": (400, flat("invalid-argument", 'Bad stop "Incorrect API key provided"'), xai.RequestRefused, Cause.BAD_REQUEST),
    "empty messages": (400, flat(OLD_ARGUMENT, "Empty messages are not allowed."), xai.RequestRefused, Cause.BAD_REQUEST),
    "prompt too long": (400, flat(OLD_ARGUMENT, "This model's maximum prompt length is 131072 but the request contains 140000 tokens."), xai.RequestRefused, Cause.PROMPT_TOO_LONG),
    "moderated output": (400, flat("invalid-argument", "Generated content rejected by content moderation."), xai.RequestRefused, Cause.POLICY),
    "model unknown, as 400": (400, flat(OLD_ARGUMENT, "Model not found: grok-9"), xai.ModelNotFound, Cause.MODEL_UNKNOWN),
    "no header": (401, flat("unauthenticated:no-credentials", "No credentials presented."), xai.KeyRejected, Cause.NO_CREDENTIALS),
    "no header, tag": (401, flat("The request does not have valid authentication credentials", "No credentials. [WKE=unauthenticated:no-credentials]"), xai.KeyRejected, Cause.NO_CREDENTIALS),
    "bad bearer": (401, flat("unauthenticated:bad-credentials", "Bad credentials."), xai.KeyRejected, Cause.WRONG_KEY),
    "401 without a body": (401, "", xai.KeyRejected, Cause.WRONG_KEY),
    "personal team out of credit": (402, flat("personal-team-blocked:spending-limit", "Add credits."), xai.OutOfCredit, Cause.NO_CREDIT),
    "personal team, as 403": (403, flat("personal-team-blocked:spending-limit", "Blocked."), xai.OutOfCredit, Cause.NO_CREDIT),
    "personal team, as 429": (429, flat("personal-team-blocked:spending-limit", "Blocked."), xai.OutOfCredit, Cause.NO_CREDIT),
    "key disabled": (403, flat(DENIED, f"The API key xai-...9QfZ is disabled. Enable it at https://console.x.ai/team/{TEAM}/api-keys."), xai.KeyRejected, Cause.KEY_DISABLED),
    "key blocked": (403, flat(OLD_DENIED, "Your API key xai-a**b is currently blocked: it was leaked in public."), xai.KeyRejected, Cause.KEY_BLOCKED),
    "key expired": (403, flat(DENIED, "The API key has expired."), xai.KeyRejected, Cause.KEY_EXPIRED),
    "team blocked": (403, flat(DENIED, f"Team {TEAM} is blocked."), xai.KeyRejected, Cause.TEAM_BLOCKED),
    "key of a blocked team": (403, flat(DENIED, f"This API key belongs to team {TEAM}, which is blocked."), xai.KeyRejected, Cause.TEAM_BLOCKED),
    "no credit, as 403": (403, flat(DENIED, NO_CREDIT), xai.OutOfCredit, Cause.NO_CREDIT),
    "no credit, sentence": (403, flat(OLD_DENIED, NO_CREDIT), xai.OutOfCredit, Cause.NO_CREDIT),
    "new team": (403, flat(DENIED, "Your newly created team doesn't have any credits or licenses yet."), xai.OutOfCredit, Cause.NO_CREDIT),
    "endpoint not granted": (403, flat(DENIED, "Access to the chat endpoint is denied. Please check your permissions in the console."), xai.NotPermitted, Cause.ACL_ENDPOINT),
    "model not granted": (403, flat(DENIED, "This API key may not use the model grok-4.7."), xai.NotPermitted, Cause.ACL_MODEL),
    "product not enabled": (403, flat(DENIED, "Team is not authorized to perform this action."), xai.NotPermitted, Cause.PRODUCT),
    "region": (403, flat(DENIED, "The model grok-4.7 is not available in your region."), xai.NotPermitted, Cause.REGION),
    "guidelines": (403, flat(DENIED, "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"), xai.NotPermitted, Cause.POLICY),
    "stale token": (403, flat("unauthenticated:bad-credentials", "The token is stale."), xai.KeyRejected, Cause.WRONG_KEY),
    "403 that says nothing": (403, flat(DENIED, "Denied."), xai.NotPermitted, Cause.FORBIDDEN),
    "403 of something else": (403, "<html>Attention Required!</html>", xai.NotPermitted, Cause.FORBIDDEN),
    "model unknown": (404, flat("not-found", f"The model grok-9 does not exist or your team {TEAM} does not have access to it."), xai.ModelNotFound, Cause.MODEL_UNKNOWN),
    "model unknown, sentence": (404, flat("Some requested entity was not found", "grok-9?"), xai.ModelNotFound, Cause.MODEL_UNKNOWN),
    "model retired": (404, flat("not-found", "The model grok-2-1212 was deprecated on 2025-09-15 and is no longer accessible. Please use grok-3 instead."), xai.ModelNotFound, Cause.MODEL_RETIRED),
    "wrong path": (404, "", xai.RequestRefused, Cause.NOT_FOUND),
    "wrong path, text": (404, "404 page not found", xai.RequestRefused, Cause.NOT_FOUND),
    "wrong method": (405, "", xai.RequestRefused, Cause.BAD_REQUEST),
    "request timeout": (408, "", xai.UpstreamDown, Cause.SERVER_ERROR),
    "conflict": (409, "", xai.UpstreamDown, Cause.SERVER_ERROR),
    "live search": (410, flat("gone", "Live Search is deprecated. Use the agent tools."), xai.RequestRefused, Cause.GONE),
    "too large": (413, "", xai.RequestRefused, Cause.TOO_LARGE),
    "content type": (415, "Expected request with `Content-Type: application/json`", xai.RequestRefused, Cause.BAD_REQUEST),
    "missing field": (422, "Failed to deserialize the JSON body into the target type: missing field `model` at line 1 column 20", xai.RequestRefused, Cause.BAD_REQUEST),
    "rate limit": (429, flat(EXHAUSTED, f"Too many requests for team {TEAM} and model grok-4.3. Requests per Second (actual/limit): 2/2. Buy credits to raise it."), xai.RateLimited, Cause.RATE_LIMIT),
    "rate limit, numeric code": (429, flat(429, "Slow down."), xai.RateLimited, Cause.RATE_LIMIT),
    "capacity": (429, flat(EXHAUSTED, "The model is at capacity. Retry later or use a higher tier."), xai.RateLimited, Cause.CAPACITY),
    "no credit, as 429": (429, flat(429, NO_CREDIT), xai.OutOfCredit, Cause.NO_CREDIT),
    "server error": (500, flat("internal", "Oops"), xai.UpstreamDown, Cause.SERVER_ERROR),
    "bad gateway": (502, "<html>", xai.UpstreamDown, Cause.SERVER_ERROR),
    "unavailable": (503, flat("The service is currently unavailable", "Try again."), xai.UpstreamDown, Cause.SERVER_ERROR),
    "gateway timeout": (504, "", xai.UpstreamDown, Cause.SERVER_ERROR),
    "overloaded": (529, "", xai.UpstreamDown, Cause.OVERLOADED),
    "redirect": (307, "", xai.BadAnswer, Cause.REDIRECT),
    "200 with an error": (200, flat(EXHAUSTED, "Too many requests"), xai.RateLimited, Cause.RATE_LIMIT),
    "200 with a wrong key": (200, flat("invalid-argument", WRONG), xai.KeyRejected, Cause.WRONG_KEY),
    "200 with an error, messages": (200, json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}), xai.UpstreamDown, Cause.OVERLOADED),
    "200 with an unknown error": (200, json.dumps({"error": "Something"}), xai.UpstreamDown, Cause.SERVER_ERROR),
    "200 with a page": (200, "<html>", xai.BadAnswer, Cause.MALFORMED),
    "204": (204, "", xai.BadAnswer, Cause.MALFORMED),
}  # fmt: skip
