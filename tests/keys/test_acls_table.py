"""What ACLs come to for one model or endpoint: verdict and reason, case by case."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from console import xai
from console.keys.acls import ENDPOINTS, Access, Model, Verdict, resolve

M, E = "api-key:model:", "api-key:endpoint:"
EVERY_MODEL, EVERY_ENDPOINT, CHAT = f"{M}*", f"{E}*", f"{E}chat"
GROK = Model("grok-4.3", ("grok-4.3-latest", "grok-latest"))
FAST = Model("grok-4.5", ("grok-4.5-latest",))
BUILD = Model("grok-build-0.1")
SEEN = (GROK, FAST, BUILD)
NAMED, WILDCARD, DENIED = Verdict.NAMED, Verdict.WILDCARD, Verdict.DENIED
NO_EFFECT, UNKNOWN = Verdict.NO_EFFECT, Verdict.UNKNOWN

MODEL_CASES = [
    # --- by name and by wildcard
    pytest.param([f"{M}grok-4.3", CHAT], "grok-4.3", NAMED,
                 f"Allowed by {M}grok-4.3.", id="an entry names the model by its id"),
    pytest.param([CHAT, f"{M}grok-4.3"], "grok-4.3", NAMED,
                 f"Allowed by {M}grok-4.3.", id="endpoints may come before models"),
    pytest.param([f"{M}grok-4.3", f"{E}tokenize"], "grok-4.3", NAMED,
                 f"{M}grok-4.3", id="any endpoint that is known makes a model usable"),
    pytest.param([f"{M}grok-4.3", EVERY_ENDPOINT], "grok-4.3", NAMED,
                 f"{M}grok-4.3", id="the wildcard of endpoints is an endpoint"),
    pytest.param([EVERY_MODEL, CHAT], "grok-4.3", WILDCARD,
                 f"the wildcard {EVERY_MODEL}",
                 id="the wildcard covers what is listed"),
    pytest.param([EVERY_MODEL, f"{M}grok-4.3", CHAT], "grok-4.3", NAMED,
                 f"{M}grok-4.3, and by {EVERY_MODEL}",
                 id="a name beside the wildcard is said first, with the wildcard"),
    pytest.param([EVERY_MODEL, f"{M}grok-4.3", CHAT], "grok-4.5", WILDCARD,
                 f"the wildcard {EVERY_MODEL}",
                 id="what the name beside the wildcard leaves out is by wildcard"),
    pytest.param([f"{M}grok-4.3"] * 3 + [CHAT], "grok-4.3", NAMED,
                 f"Allowed by {M}grok-4.3.",
                 id="an entry said three times counts once"),
    pytest.param([EVERY_MODEL] * 2 + [CHAT] * 2, "grok-4.5", WILDCARD,
                 "Allowed by the wildcard", id="a wildcard said twice counts once"),
    # --- not allowed
    pytest.param([f"{M}grok-4.3", CHAT], "grok-4.5", DENIED,
                 "No entry of its ACLs allows this model",
                 id="a model that no entry names is not allowed"),
    pytest.param([], "grok-4.3", DENIED, "No entry",
                 id="an empty list allows nothing"),
    pytest.param([CHAT], "grok-4.3", DENIED, "No entry",
                 id="endpoints alone allow no model"),
    pytest.param([f"{E}grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a model's name in an endpoint entry allows no model"),
    pytest.param([EVERY_MODEL, CHAT], "grok-2-1212", DENIED,
                 "grok-2-1212 is not in that list",
                 id="the wildcard does not reach what the key does not see"),
    pytest.param([EVERY_MODEL], "grok-2-1212", DENIED, "is not in that list",
                 id="not seen weighs more than a lacking endpoint, for a wildcard"),
    # --- one kind is missing
    pytest.param([f"{M}grok-4.3"], "grok-4.3", NO_EFFECT, "none allows an endpoint",
                 id="a model without any endpoint has no effect"),
    pytest.param([EVERY_MODEL], "grok-4.3", NO_EFFECT, "the key can do nothing",
                 id="all models without any endpoint have no effect"),
    pytest.param([f"{M}grok-4.3", f"{E}voice"], "grok-4.3", UNKNOWN,
                 "knows none of the endpoints",
                 id="an endpoint that only xAI knows may be one"),
    pytest.param([f"{M}grok-4.3", f"{E}Chat"], "grok-4.3", UNKNOWN,
                 "knows none of the endpoints",
                 id="an endpoint in another case is none that is known"),
    pytest.param([f"{M}grok-4.3", f"{E}voice", CHAT], "grok-4.3", NAMED,
                 f"{M}grok-4.3",
                 id="one known endpoint beside a strange one is enough"),
    # --- names that are not listed
    pytest.param([f"{M}grok-2-1212", CHAT], "grok-2-1212", NO_EFFECT,
                 "may still answer a retired name with another model",
                 id="an entry on a retired name has no effect that is known"),
    pytest.param([f"{M}grok-2-1212", EVERY_MODEL, CHAT], "grok-2-1212", NO_EFFECT,
                 f"{M}grok-2-1212 has no effect",
                 id="the wildcard does not revive a retired name"),
    pytest.param([f"{M}grok-4*", CHAT], "grok-4*", NO_EFFECT, "no partial wildcards",
                 id="a partial wildcard is a name"),
    pytest.param([f"{M}grok-4*", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a partial wildcard allows no model that it would match"),
    pytest.param([f"{M}**", CHAT], "grok-4.3", DENIED, "No entry",
                 id="two stars are not the wildcard"),
    pytest.param([f"{M}Grok-4.3", CHAT], "Grok-4.3", NO_EFFECT,
                 "xAI lists grok-4.3, and names are compared letter by letter",
                 id="a name in another case is another name, and its twin is named"),
    pytest.param([f"{M}Grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a name in another case allows nothing"),
    pytest.param([f"{M} grok-4.3", CHAT], " grok-4.3", NO_EFFECT,
                 "xAI lists grok-4.3", id="a space before a name belongs to the name"),
    pytest.param([f"{M}grok-4.3\n", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a line break after a name belongs to the name"),
    pytest.param([f"{M}grok-4", CHAT], "grok-4.3", DENIED, "No entry",
                 id="the beginning of a name allows nothing"),
    # --- names with colons
    pytest.param([f"{M}vendor:grok:4", CHAT], "vendor:grok:4", NO_EFFECT,
                 "xAI does not list vendor:grok:4",
                 id="a name with colons is one name, as any other"),
    pytest.param([f"{M}vendor:grok:4", CHAT], "grok", DENIED, "No entry",
                 id="a piece between colons is no name"),
    # --- aliases
    pytest.param([f"{M}grok-latest", CHAT], "grok-4.3", NAMED,
                 "by grok-latest, an alias of grok-4.3 now",
                 id="an entry on an alias covers its model, with a warning"),
    pytest.param([f"{M}grok-latest", CHAT], "grok-4.5", DENIED, "No entry",
                 id="an entry on an alias covers no other model"),
    pytest.param([f"{M}grok-latest", f"{M}grok-4.3", CHAT], "grok-4.3", NAMED,
                 f"Allowed by {M}grok-4.3, and by {M}grok-latest.",
                 id="the id is surer than the alias, whatever their order"),
    pytest.param([f"{M}grok-latest", EVERY_MODEL, CHAT], "grok-4.3", WILDCARD,
                 "the wildcard", id="the wildcard is surer than the alias"),
    pytest.param([f"{M}grok-latest"], "grok-4.3", NO_EFFECT, "none allows an endpoint",
                 id="an alias without any endpoint has no effect"),
    pytest.param([f"{M}grok-latest", CHAT], "grok-latest", NAMED,
                 "an alias of grok-4.3 now",
                 id="an alias that is asked for by itself is said to be one"),
    pytest.param([f"{M}grok-4.3", CHAT], "grok-latest", DENIED, "No entry",
                 id="an entry on the id does not name the alias"),
    # --- grammar that is not understood
    pytest.param(["api-key:region:eu", CHAT], "grok-4.3", DENIED, "No entry",
                 id="another kind of entry allows no model"),
    pytest.param(["team-token:model:grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="the namespace of management keys allows no model"),
    pytest.param(["API-KEY:model:grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a namespace in capitals is another one"),
    pytest.param([" api-key:model:grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a space before the namespace makes another one"),
    pytest.param(["api-key:models:grok-4.3", CHAT], "grok-4.3", DENIED, "No entry",
                 id="the plural is not the kind"),
    pytest.param(["*", "api-key:*", CHAT], "grok-4.3", DENIED, "No entry",
                 id="a star without its three parts is no wildcard"),
    pytest.param([M, "api-key:model", "", CHAT], "grok-4.3", DENIED, "No entry",
                 id="entries with an empty part allow nothing"),
    pytest.param(["", f"{M}grok-4.3", CHAT], "grok-4.3", NAMED, f"{M}grok-4.3",
                 id="an empty entry spoils no other"),
    # --- not told
    pytest.param(None, "grok-4.3", UNKNOWN, "has not told the ACLs",
                 id="nothing is known while xAI has not told the entries"),
]  # fmt: skip

ENDPOINT_CASES = [
    pytest.param([f"{M}grok-4.3", CHAT], "chat", NAMED, f"Allowed by {CHAT}.",
                 id="an entry names the endpoint"),
    pytest.param([EVERY_MODEL, EVERY_ENDPOINT], "embed", WILDCARD,
                 f"the wildcard {EVERY_ENDPOINT}", id="the wildcard covers it"),
    pytest.param([EVERY_MODEL, EVERY_ENDPOINT, CHAT], "chat", NAMED,
                 f"{CHAT}, and by {EVERY_ENDPOINT}",
                 id="name and wildcard are both said"),
    pytest.param([EVERY_MODEL, CHAT], "sample", DENIED, "allows this endpoint",
                 id="an endpoint that no entry names is not allowed"),
    pytest.param([CHAT], "chat", NO_EFFECT, "none allows a model",
                 id="an endpoint without any model has no effect"),
    pytest.param([EVERY_ENDPOINT], "models", NO_EFFECT, "none allows a model",
                 id="all endpoints without any model have no effect"),
    pytest.param([CHAT], "tokenize", DENIED, "No entry",
                 id="not named weighs more than the model that lacks"),
    pytest.param([f"{M}grok-2-1212", CHAT], "chat", NO_EFFECT,
                 "xAI lists no model for this key that its entries allow",
                 id="an endpoint has no effect while all its models are gone"),
    pytest.param([f"{M}grok-2-1212", f"{M}grok-4.5", CHAT], "chat", NAMED, CHAT,
                 id="one model that is left is enough for an endpoint"),
    pytest.param([f"{M}grok-latest", CHAT], "chat", NAMED, CHAT,
                 id="a model named by its alias is enough for an endpoint"),
    pytest.param([EVERY_MODEL, f"{E}Chat"], "chat", DENIED, "No entry",
                 id="an endpoint in another case is another one"),
    pytest.param([EVERY_MODEL, f"{E}chat*"], "chat", DENIED, "No entry",
                 id="a partial wildcard allows no endpoint"),
    pytest.param([EVERY_MODEL, f"{E}chat:stream"], "chat", DENIED, "No entry",
                 id="what follows a third colon belongs to the name"),
    pytest.param([EVERY_MODEL, "team-token:endpoint:chat"], "chat", DENIED, "No entry",
                 id="the namespace of management keys allows no endpoint"),
    pytest.param([EVERY_MODEL, f"{E}voice"], "voice", NAMED, f"{E}voice",
                 id="an endpoint that only xAI knows is judged as any other"),
    pytest.param([], "chat", DENIED, "No entry", id="an empty list allows no endpoint"),
    pytest.param(None, "chat", UNKNOWN, "has not told",
                 id="no endpoint is known while xAI has not told the entries"),
]  # fmt: skip


def named(model_id: str, seen: Sequence[Model] = SEEN) -> Model:
    """Return a model as the catalog has it, or a name that stands alone."""
    return next((m for m in seen if m.model_id == model_id), Model(model_id))


@pytest.mark.parametrize(("acls", "model_id", "verdict", "words"), MODEL_CASES)
def test_a_model(
    acls: list[str] | None, model_id: str, verdict: Verdict, words: str
) -> None:
    cell = resolve(acls, seen=SEEN).of_model(named(model_id))

    assert cell.verdict == verdict
    assert words in cell.reason


@pytest.mark.parametrize(("acls", "name", "verdict", "words"), ENDPOINT_CASES)
def test_an_endpoint(
    acls: list[str] | None, name: str, verdict: Verdict, words: str
) -> None:
    cell = resolve(acls, seen=SEEN).of_endpoint(name)

    assert cell.verdict == verdict
    assert words in cell.reason


LATEST = Model("latest", ("latest",))
TWINS = (Model("grok-4.3", ("grok-4",)), Model("grok-4.5", ("grok-4",)))
OWN = (Model("grok-4"), Model("grok-4.3", ("grok-4",)))


@pytest.mark.parametrize(
    ("acls", "seen", "model", "verdict", "words"),
    [
        pytest.param([f"{M}grok-4.3", CHAT], None, GROK, UNKNOWN, "was never read",
                     id="a named model is not known while no list was read"),
        pytest.param([EVERY_MODEL, CHAT], None, GROK, UNKNOWN, "was never read",
                     id="neither is one by the wildcard"),
        pytest.param([f"{M}grok-4.3"], None, GROK, NO_EFFECT, "none allows an endpoint",
                     id="that an endpoint lacks is known without a list"),
        pytest.param([f"{M}grok-4.5", CHAT], None, GROK, DENIED, "No entry",
                     id="that no entry names it is known without a list"),
        pytest.param([EVERY_MODEL, CHAT], (), GROK, DENIED, "is not in that list",
                     id="a list that was read and is empty covers nothing"),
        pytest.param([f"{M}latest", CHAT], (LATEST,), LATEST, NAMED, f"{M}latest.",
                     id="an id that is its own alias is an id"),
        pytest.param([f"{M}latest", CHAT], (LATEST, LATEST), LATEST, NAMED,
                     f"{M}latest.", id="an id listed twice is one model"),
        pytest.param([f"{M}grok-4", CHAT], TWINS, TWINS[0], UNKNOWN,
                     "also a name of grok-4.5",
                     id="an alias of two models does not say which is meant"),
        pytest.param([f"{M}grok-4", CHAT], TWINS, TWINS[1], UNKNOWN,
                     "also a name of grok-4.3", id="and not for the other one either"),
        pytest.param([f"{M}grok-4", f"{M}grok-4.5", CHAT], TWINS, TWINS[1], NAMED,
                     f"{M}grok-4.5",
                     id="its id decides what a shared alias leaves open"),
        pytest.param([f"{M}grok-4", EVERY_MODEL, CHAT], TWINS, TWINS[0], WILDCARD,
                     "the wildcard", id="so does the wildcard"),
        pytest.param([f"{M}grok-4", CHAT], OWN, OWN[0], NAMED, f"{M}grok-4.",
                     id="an id wins over the same alias of another model"),
        pytest.param([f"{M}grok-4", CHAT], OWN, OWN[1], UNKNOWN,
                     "also a name of grok-4:",
                     id="an alias that is another model's id stays open"),
        pytest.param([f"{M}grok-4", CHAT], (TWINS[1],), TWINS[0], DENIED,
                     "speaks of grok-4.5",
                     id="an alias means the model that this key sees under it"),
        pytest.param([f"{M}grok-4", CHAT], (BUILD,), TWINS[0], NO_EFFECT,
                     "has no effect",
                     id="an alias of a model the key does not see is dead"),
    ],
)  # fmt: skip
def test_a_model_against_the_list_that_same_key_sees(
    acls: list[str],
    seen: Sequence[Model] | None,
    model: Model,
    verdict: Verdict,
    words: str,
) -> None:
    cell = resolve(acls, seen=seen).of_model(model)

    assert cell.verdict == verdict
    assert words in cell.reason


def test_every_endpoint_of_a_key_that_sees_no_model_has_no_effect() -> None:
    access = resolve([EVERY_MODEL, EVERY_ENDPOINT], seen=())

    assert {access.of_endpoint(name).verdict for name in ENDPOINTS} == {NO_EFFECT}


def test_entries_that_are_not_text_are_not_told() -> None:
    told = xai.KeyInfo.from_json({"api_key_id": "k", "acls": [CHAT, 7]})

    assert told.acls is None
    assert "acls" in told.odd


@pytest.mark.parametrize(
    ("acls", "seen", "models", "endpoints"),
    [
        pytest.param(None, SEEN, None, None, id="not told"),
        pytest.param([EVERY_MODEL, CHAT], None, None, 1, id="no list was read"),
        pytest.param([], None, 0, 0, id="an empty list needs no list of models"),
        pytest.param([EVERY_MODEL], None, 0, 0, id="nor does one kind alone"),
        pytest.param([EVERY_MODEL, EVERY_ENDPOINT], SEEN, 3, 7, id="everything"),
        pytest.param([f"{M}grok-4.5", CHAT], SEEN, 1, 1, id="one of each"),
        pytest.param([f"{M}gone", CHAT], SEEN, 0, 0, id="a retired name alone"),
        pytest.param([EVERY_MODEL], SEEN, 0, 0, id="one kind alone"),
        pytest.param([f"{M}grok-4.5", f"{E}voice"], SEEN, None, 0,
                     id="strange endpoint"),
        pytest.param([f"{M}grok-4", f"{M}grok-4.5", CHAT], TWINS, 1, 1,
                     id="what is not known beside what is"),
        pytest.param([f"{M}grok-4", CHAT], TWINS, None, 1, id="nothing but not known"),
    ],
)  # fmt: skip
def test_reach_counts_what_is_allowed_for_certain(
    acls: list[str] | None,
    seen: Sequence[Model] | None,
    models: int | None,
    endpoints: int | None,
) -> None:
    access = resolve(acls, seen=seen)

    assert _size(access.models_in_reach) == models
    assert _size(access.endpoints_in_reach) == endpoints


def _size(found: tuple[object, ...] | None) -> int | None:
    return None if found is None else len(found)


def test_a_reason_is_one_sentence_and_names_only_entries_of_the_key() -> None:
    every = [*MODEL_CASES, *ENDPOINT_CASES]
    for acls, name, *_ in (case.values for case in every):
        access: Access = resolve(acls, seen=SEEN)  # type: ignore[arg-type]
        for cell in (access.of_model(named(str(name))), access.of_endpoint(str(name))):
            assert cell.reason.endswith(".")
            assert ". " not in cell.reason
            assert set(cell.entries) <= set(acls or ())  # type: ignore[call-overload]
