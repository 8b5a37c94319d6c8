"""The application: ten routes of xAI's, the control API beside them."""

import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.sandbox import chat, control_api, legacy, messages, reads, state
from console.sandbox.visits import door
from console.sandbox.world import World

LONGEST_REQUEST_ID = 200


def create_app(world: World, *, state_file: Path | None = None) -> Starlette:
    """Return the sandbox; with a file, every control action is saved there."""
    app = Starlette(
        routes=[*_api_routes(), *control_api.routes()],
        middleware=[Middleware(RequestIds)],
        exception_handlers={HTTPException: _bare_status},
    )
    save: Callable[[], None] = _nothing
    if state_file is not None:
        save = partial(state.save, world, state_file)
    app.state.world = world
    app.state.save = save
    return app


def _api_routes() -> list[Route]:
    gets = [
        ("/v1/api-key", reads.api_key, None),
        ("/v1/models", reads.models, "models"),
        ("/v1/models/{model_id:path}", reads.model, "models"),
        ("/v1/language-models", reads.language_models, "models"),
        ("/v1/language-models/{model_id:path}", reads.language_model, "models"),
    ]
    posts = [
        ("/v1/chat/completions", chat.chat_completions, "chat"),
        ("/v1/messages", messages.messages, "chat"),
        ("/v1/tokenize-text", reads.tokenize_text, "tokenize"),
        ("/v1/completions", legacy.completions, "sample"),
        ("/v1/complete", legacy.complete, "sample"),
    ]
    return [
        Route(path, door(act, acl=acl), methods=[verb])
        for verb, rows in (("GET", gets), ("POST", posts))
        for path, act, acl in rows
    ]


class RequestIds:
    """Gives each answer an `x-request-id` and returns the client's own id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-client-request-id")
        echoed = given[:LONGEST_REQUEST_ID] if given else None
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {}).update(
            request_id=request_id, client_request_id=echoed
        )

        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["x-request-id"] = request_id
                if echoed:
                    headers["x-client-request-id"] = echoed
                message = {**message, "headers": headers.raw}
            await send(message)

        await self.app(scope, receive, send_with_ids)


async def _bare_status(request: Request, error: Exception) -> Response:
    """Answer a wrong path or method without a body, as xAI does."""
    if not isinstance(error, HTTPException):
        raise error
    return Response(status_code=error.status_code, headers=error.headers)


def _nothing() -> None:
    """Save nowhere: this world lives in memory only."""
