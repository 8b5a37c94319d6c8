"""The door of every `/v1/` route: who calls, may they, and what do they send."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from console.sandbox import acls, refusals
from console.sandbox.faults import Fault, spoiled
from console.sandbox.fields import FieldProblem, Fields, OutOfRange, read_json
from console.sandbox.models import Model
from console.sandbox.refusals import EarlyRefusal, Refusal
from console.sandbox.streams import EventStream
from console.sandbox.usage import Usage
from console.sandbox.world import Call, Key, World, timestamp


@dataclass(slots=True, kw_only=True)
class Visit:
    """One admitted request."""

    world: World
    key: Key
    request: Request
    fault: Fault | None  # strikes later, inside a stream
    fields: Fields

    def model(self, name: str) -> Model:
        """Return the model that serves this name, if the key may use it."""
        model = self.world.model_named(name)
        if model is None:
            raise refusals.model_unknown(name, self.key.team_id)
        if model.retired:
            raise refusals.model_retired(name, model.retired_on, model.replacement)
        if not self.allows(model, name):
            status = self.world.settings.model_denied_status
            raise refusals.model_denied(name, self.key.team_id, status=status)
        return model

    def allows(self, model: Model, name: str | None = None) -> bool:
        names = {model.id, name or model.id, *model.redirected}
        if self.world.settings.acl_by_alias:
            names.update(model.aliases)
        return acls.allows_model(self.key.acls, names)

    def book(self, model: Model, usage: Usage | None, *, completed: bool) -> Call:
        """Enter the call in the ledger."""
        state = self.request.scope["state"]
        call = Call(
            request_id=state["request_id"],
            client_request_id=state["client_request_id"],
            api_key_id=self.key.api_key_id,
            endpoint=self.request.url.path,
            model=model.id,
            at=timestamp(),
            usage=usage,
            ticks=None if usage is None else usage.ticks(model),
            completed=completed,
        )
        self.world.ledger.append(call)
        return call


Handler = Callable[[Visit], Awaitable[Response]]


def door(
    handler: Handler, *, acl: str | None
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a route; `acl` names the endpoint rule that it needs."""

    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(request, handler, acl)
        except Refusal as refusal:
            return refusal.response()
        except ClientDisconnect:
            return Response()

    return endpoint


async def _answer(request: Request, handler: Handler, acl: str | None) -> Response:
    world: World = request.app.state.world
    secret = _bearer(request)
    key = world.key_by_secret(secret) if secret else None
    team_id = key.team_id if key else ""
    fault = world.faults.strike(
        request.url.path, key.api_key_id if key else None, team_id or None
    )
    if fault and fault.after_events is None:
        response = await spoiled(fault, request, team_id)
        if response is not None:
            return response
    if not secret:
        raise refusals.no_credentials()
    if key is None:
        raise refusals.wrong_key(secret)
    _check_key(world, key, acl)

    body = await _body(request, world.settings.max_body)
    visit = Visit(
        world=world,
        key=key,
        request=request,
        fault=fault,
        fields=Fields({}),
    )
    try:
        if request.method == "POST":
            visit.fields = Fields(_parsed(body))
        response = await handler(visit)
    except FieldProblem as problem:
        raise unprocessable(body, str(problem)) from None
    except OutOfRange as problem:
        raise refusals.invalid(str(problem)) from None
    late = fault is not None and fault.after_events is not None
    if fault and late and not isinstance(response, EventStream):
        return await spoiled(fault, request, team_id) or response
    return response


def _bearer(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _check_key(world: World, key: Key, acl: str | None) -> None:
    """Refuse a key that is stopped or lacks the endpoint's rule.

    The key's own record (`acl` None) is the exception: it can be read all the same,
    unless the settings say otherwise, and then tells why.
    """
    settings = world.settings
    if acl is None and settings.api_key_status_when_blocked == 200:
        return
    if world.teams[key.team_id].blocked:
        raise refusals.team_blocked(key.team_id)
    if key.blocked:
        raise refusals.key_blocked()
    if key.disabled:
        raise refusals.key_disabled(key.secret, key.team_id)
    if acl is None or (acl == "models" and not settings.lists_need_acl):
        return
    if not acls.allows_endpoint(key.acls, acl):
        raise refusals.endpoint_denied(acl)


async def _body(request: Request, limit: int) -> bytes:
    if request.method != "POST":
        return b""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refusals.no_json_type()
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise refusals.too_large()
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise refusals.too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _parsed(body: bytes) -> object:
    try:
        return read_json(body)
    except ValueError:
        text = "Failed to parse the request body as JSON"
        raise EarlyRefusal(400, f"{text}: {_place(body)}") from None


def unprocessable(body: bytes, problem: str) -> EarlyRefusal:
    text = "Failed to deserialize the JSON body into the target type"
    return EarlyRefusal(422, f"{text}: {problem} at {_place(body)}")


def _place(body: bytes) -> str:
    """Return where the deserializer gave up: for us, always the end of the body."""
    lines = body.split(b"\n")
    return f"line {len(lines)} column {len(lines[-1])}"
