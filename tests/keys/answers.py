"""Answers of xAI about keys and models, and a whole xAI of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from console import xai

KEY_ID = "1c0f9a5e-64a1-4a0b-9c6c-9a8b7c6d5e4f"
XAI_TEAM = "b0b5b3d4-2f63-4a43-93d5-0c4d5e6f7a88"
XAI_PERSON = "6d0f0f54-9f8e-4c7e-b6a6-0b6c2f6f1c01"

Json = dict[str, Any]


def key_json(**changes: object) -> Json:
    """Return the example of GET /v1/api-key, changed; `...` leaves a field out."""
    return _changed(
        {
            "redacted_api_key": "xai-...9QfZ",
            "user_id": XAI_PERSON,
            "name": "staging playground",
            "create_time": "2026-03-02T08:15:30.102938Z",
            "modify_time": "2026-05-11T19:02:11.000001Z",
            "modified_by": XAI_PERSON,
            "team_id": XAI_TEAM,
            "acls": ["api-key:model:*", "api-key:endpoint:*"],
            "api_key_id": KEY_ID,
            "team_blocked": False,
            "api_key_blocked": False,
            "api_key_disabled": False,
        },
        changes,
    )


def key_info(**changes: object) -> xai.KeyInfo:
    """Return that answer as the client reads it."""
    return xai.KeyInfo.from_json(key_json(**changes))


def model_json(model_id: str = "grok-4.3", **changes: object) -> Json:
    """Return one entry of GET /v1/language-models, changed."""
    return _changed(
        {
            "id": model_id,
            "fingerprint": "fp_0a1b2c3d4e",
            "created": 1_775_000_000,
            "object": "model",
            "owned_by": "xai",
            "version": "1.0.0",
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "prompt_text_token_price": 12500,
            "cached_prompt_text_token_price": 2000,
            "prompt_image_token_price": 12500,
            "completion_text_token_price": 25000,
            "search_price": 0,
            "prompt_text_token_price_long_context": 25000,
            "cached_prompt_text_token_price_long_context": 4000,
            "completion_text_token_price_long_context": 50000,
            "long_context_threshold": 200000,
            "aliases": [f"{model_id}-latest"],
        },
        changes,
    )


def listed(*models: Json) -> xai.LanguageModelList:
    """Return an answer of GET /v1/language-models as the client reads it."""
    return xai.LanguageModelList.from_json({"models": list(models)})


def model_list(**lengths: int | None) -> xai.ModelList:
    """Return an answer of GET /v1/models: context lengths by id, `_` for `-`."""
    return xai.ModelList.from_json(
        {
            "data": [
                {"id": name.replace("_", "-"), "context_length": length}
                for name, length in lengths.items()
            ]
        }
    )


class Upstream:
    """xAI in a function: answers per key, and keeps the paths it was asked for.

    `answers[secret]` replaces the answer about that key, or makes it by a function.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Json | Callable[[httpx.Request], httpx.Response]] = {}
        self.models: list[Json] = [model_json()]
        self.asked: list[tuple[str, str]] = []  # path, secret

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        secret = request.headers["Authorization"].removeprefix("Bearer ")
        path = request.url.path
        self.asked.append((path, secret))
        answer = self.answers.get(secret, key_json(api_key_id=f"id-{secret[-20:]}"))
        if callable(answer):
            return answer(request)
        if path == "/v1/language-models":
            return httpx.Response(200, json={"models": self.models})
        if path == "/v1/models":
            data = [
                {"id": model["id"], "context_length": 1000} for model in self.models
            ]
            return httpx.Response(200, json={"data": data})
        return httpx.Response(200, content=json.dumps(answer))

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)


def status(
    code: int, body: object = None, **headers: str
) -> Callable[[httpx.Request], httpx.Response]:
    """Return an answer with this status, whatever is asked."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(code, json=body or {}, headers=headers)

    return answer


WRONG_KEY = status(
    400, {"code": "Client specified an invalid argument", "error": "Incorrect API key"}
)


def _changed(example: Json, changes: dict[str, object]) -> Json:
    return {k: v for k, v in (example | changes).items() if v is not ...}
