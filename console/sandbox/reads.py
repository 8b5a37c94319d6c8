"""The five GET routes, and tokenizing: everything that costs nothing."""

from starlette.responses import JSONResponse, Response

from console.sandbox import tokens
from console.sandbox.chat import check_language
from console.sandbox.models import Model
from console.sandbox.visits import Visit


async def api_key(visit: Visit) -> Response:
    """What xAI tells a key about itself."""
    key = visit.key
    return JSONResponse(
        {
            "redacted_api_key": f"xai-...{key.secret[-4:]}",
            "user_id": key.user_id,
            "name": key.name,
            "create_time": key.create_time,
            "modify_time": key.modify_time,
            "modified_by": key.modified_by,
            "team_id": key.team_id,
            "acls": key.acls,
            "api_key_id": key.api_key_id,
            "team_blocked": visit.world.teams[key.team_id].blocked,
            "api_key_blocked": key.blocked,
            "api_key_disabled": key.disabled,
        }
    )


async def models(visit: Visit) -> Response:
    entries = [model.listing() for model in _for_sale(visit)]
    return JSONResponse({"data": entries, "object": "list"})


async def model(visit: Visit) -> Response:
    name = visit.request.path_params["model_id"]
    return JSONResponse(visit.model(name).listing(name))


async def language_models(visit: Visit) -> Response:
    rows = [one for one in _for_sale(visit) if one.kind == "language"]
    return JSONResponse({"models": [one.language_entry() for one in rows]})


async def language_model(visit: Visit) -> Response:
    name = visit.request.path_params["model_id"]
    found = visit.model(name)
    check_language(found)
    return JSONResponse(found.language_entry(name))


async def tokenize_text(visit: Visit) -> Response:
    name, text = visit.fields.text("model"), visit.fields.text("text")
    found = visit.model(name)
    check_language(found)
    visit.book(found, None, completed=True)
    rows = [
        tokens.token_json(token) for token in tokens.split(text, found.longest_token)
    ]
    return JSONResponse({"token_ids": rows})


def _for_sale(visit: Visit) -> list[Model]:
    """Return what this key may see: models on offer that its ACLs allow."""
    every = visit.world.models.values()
    return [one for one in every if not one.retired and visit.allows(one)]
