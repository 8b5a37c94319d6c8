"""The control API under `/sandbox/`: the levers of the world, for loopback only.

It hands out secrets, so it answers nobody but a process on this machine that asks for a
loopback name (a page in a browser cannot, without that name or a JSON content type).
"""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.sandbox import changes, state
from console.sandbox.fields import FieldProblem, Fields, OutOfRange, read_json
from console.sandbox.world import World

LONGEST_BODY = 1024 * 1024
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
Act = Callable[[World, Request, Fields], Any]
Thing = TypeVar("Thing")


class NotFound(Exception):
    """The path names a thing that this world does not have."""


def routes() -> list[Route]:
    levers: list[tuple[str, str, Act]] = [
        ("GET", "/health", health),
        ("GET", "/world", show_world),
        ("POST", "/keys", create_keys),
        ("PATCH", "/keys/{id}", change_key),
        ("DELETE", "/keys/{id}", delete_key),
        ("PATCH", "/teams/{id}", change_team),
        ("POST", "/models", add_model),
        ("PATCH", "/models/{id:path}", change_model),
        ("PATCH", "/settings", change_settings),
        ("GET", "/faults", show_faults),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/ledger", show_ledger),
        ("POST", "/reset", reset),
    ]
    return [
        Route(f"/sandbox{path}", _lever(act), methods=[verb])
        for verb, path, act in levers
    ]


def health(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return {"status": "ok", "keys": len(world.keys), "models": len(world.models)}


def show_world(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    """Everything, the secrets of all keys included."""
    shown = state.dump(world)
    del shown["version"]
    return shown


def create_keys(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    """One key, answered alone; with `count` many, answered as a list."""
    keys = changes.create_keys(world, fields)
    rows = [asdict(key) for key in keys]
    return {"keys": rows} if fields.has("count") else rows[0]


def change_key(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    key = _found(world.keys, request, "key")
    changes.change_key(world, key, fields)
    return asdict(key)


def delete_key(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    world.remove_key(_found(world.keys, request, "key"))
    return {}


def change_team(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    team = _found(world.teams, request, "team")
    fields.only("blocked", "name")
    team.blocked = fields.flag("blocked", team.blocked)
    team.name = fields.text_or("name", team.name)
    return asdict(team)


def add_model(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return asdict(changes.add_model(world, fields))


def change_model(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    model = _found(world.models, request, "model")
    today = datetime.now(UTC).date().isoformat()
    return asdict(changes.change_model(world, model, fields, today=today))


def change_settings(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return asdict(changes.change_settings(world, fields))


def show_faults(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return {"faults": [fault.to_json() for fault in world.faults.standing]}


def add_fault(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return changes.add_fault(world, fields).to_json()


def clear_faults(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    """Clear all faults but the permanent ones of the seed."""
    world.faults.clear()
    return show_faults(world, request, fields)


def show_ledger(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    return {"calls": [asdict(call) for call in world.ledger]}


def reset(world: World, request: Request, fields: Fields) -> dict[str, Any]:
    """Go back to the world as it was seeded; ids and secrets stay the same."""
    if world.origin:
        state.restore(world, world.origin)
    world.faults.clear()
    world.ledger.clear()
    world.forget_prompts()
    return health(world, request, fields)


def _lever(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not _is_local(request):
            return Response(status_code=404)
        world: World = request.app.state.world
        try:
            fields = await _fields(request)
            answer = act(world, request, fields)
        except NotFound as error:
            return _problem(404, str(error))
        except (FieldProblem, OutOfRange, changes.Conflict) as error:
            return _problem(400, str(error))
        if request.method != "GET":
            request.app.state.save()
        return JSONResponse(answer, status_code=200)

    return endpoint


def _is_local(request: Request) -> bool:
    try:
        peer = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return peer.is_loopback and name.lower() in LOCAL_NAMES


async def _fields(request: Request) -> Fields:
    if request.method in ("GET", "DELETE"):
        return Fields({})
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise FieldProblem("the content type must be application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise FieldProblem("the body is too large")
    try:
        data = read_json(body or b"{}")
    except ValueError:
        raise FieldProblem("the body is not JSON") from None
    return Fields(data)


def _found(things: dict[str, Thing], request: Request, kind: str) -> Thing:
    try:
        return things[request.path_params["id"]]
    except KeyError:
        raise NotFound(f"there is no {kind} with this id") from None


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=status)
