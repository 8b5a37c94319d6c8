"""The five GET routes, and tokenizing: everything that costs nothing."""

from starlette.responses import JSONResponse, Response

from console.sandbox import tokens
from console.sandbox.chat import check_language
from console.sandbox.models import Model
from console.sandbox.visits import Visit


async def api_key(visit: Visit) -> Response:
    """What xAI tells a key about itself."""
    key = visit.key
    return JSONResponse(key.told(visit.world.teams[key.team_id]))


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
