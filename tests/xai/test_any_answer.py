"""Any answer at all becomes a valid object or an XaiError, and nothing else."""

import json
import re
import types
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.xai import XaiError
from tests.xai.answering import AUTH, SEED, blocking
from tests.xai.test_seed_examples import CALLS

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "0001-01-01T00:00:00+14:00",
            "2024-01-01T00:00:00",
            "9999-12-31T23:59:59.999999999-12:00",
            "1728646283",
            "\0",
            "error",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside a JSON value, the whole included."""
    found = [path]
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, child in items:
        found += places(child, (*path, name))
    return found


def changed(value: Any, path: tuple[Any, ...], act: str, odd: Any) -> Any:
    """Return the value with something done at one place."""
    if not path:
        if act == "add" and isinstance(value, dict):
            return {**value, "brand_new": odd}
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    name, *rest = path
    try:
        if act == "drop" and not rest:
            del copy[name]
        else:
            copy[name] = changed(copy[name], tuple(rest), act, odd)
    except (KeyError, IndexError, TypeError):
        return value  # an earlier change took the place away
    return copy


PRICE = re.compile(r"_price|threshold")  # kept as told, and judged where stored


def check(value: Any, hint: Any) -> None:
    """Assert that a value is what its annotation says, all the way down."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            assert type(None) in arguments
            return
        (hint,) = [kind for kind in arguments if kind is not type(None)]
        check(value, hint)
    elif origin is tuple:
        assert isinstance(value, tuple)
        for item in value:
            check(item, arguments[0])
    elif is_dataclass(hint):
        assert type(value) is hint
        check_fields(value)
    elif origin is not None:
        assert isinstance(value, dict)
    else:
        assert type(value) is hint
    if isinstance(value, int) and not isinstance(value, bool):
        assert abs(value) < 2**63
    if isinstance(value, str):
        value.encode()
        assert "\0" not in value
    if isinstance(value, datetime):
        assert value.utcoffset() is not None


def check_fields(thing: Any) -> None:
    hints = get_type_hints(type(thing))
    for field in fields(thing):
        value = getattr(thing, field.name)
        check(value, hints[field.name])
        if isinstance(value, int) and not PRICE.search(field.name):
            assert value >= 0, field.name
    repr(thing)
    hash(thing)


@pytest.mark.parametrize("endpoint", CALLS)
def test_any_answer_is_an_object_or_an_error(endpoint: str) -> None:
    method, arguments = CALLS[endpoint]
    example = SEED[endpoint]["response"]
    changes = st.lists(
        st.tuples(
            st.sampled_from(places(example)[1:]),
            st.sampled_from(["put", "drop", "add"]),
            ODD,
        ),
        max_size=4,
    )

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(changes=changes, cut=st.none() | st.integers(0, 200), whole=st.none() | ODD)
    def run(
        changes: list[tuple[tuple[Any, ...], str, Any]], cut: int | None, whole: Any
    ) -> None:
        answer = example
        for path, act, odd in changes:
            answer = changed(answer, path, act, odd)
        text = json.dumps(whole if whole is not None else answer)
        if cut is not None and cut < 20:
            text = text[:-cut]
        client = blocking(lambda request: httpx.Response(200, text=text))
        with suppress(XaiError):
            check_fields(getattr(client, method)(*arguments, auth=AUTH))

    run()


@settings(max_examples=500, deadline=None, database=None)
@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=200)
    | st.builds(
        lambda code, error: json.dumps({"code": code, "error": error}).encode(),
        ODD,
        ODD,
    ),
)
def test_any_refusal_is_an_error(status: int, body: bytes) -> None:
    client = blocking(lambda request: httpx.Response(status, content=body))

    with pytest.raises(XaiError) as caught:
        client.models(auth=AUTH)

    error = caught.value
    assert str(error)
    assert error.status == status
    assert error.code is None or len(error.code) <= 100
    assert error.upstream_text is None or len(error.upstream_text) <= 500
