"""What is wrong is shown at its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground.twin.converting import converted
from console.playground.twin.lines import Wrong, blamed, parsed
from console.playground.twin.notes import Unreadable
from console.usage.models import Endpoint

WRITTEN = """{
  "model": "grok-4.3",
  "messages": [
    {"role": "user", "content": "a \\" ] } , {"},
    {
      "role": "developer",
      "content": []
    }
  ]
}"""


def wrong(text: str, dialect: Endpoint = Endpoint.CHAT) -> Wrong:
    with pytest.raises(Wrong) as caught:
        converted(dialect, text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ('{\n "a": 1,\n "b": }\n', 3, "Expecting value"),
        ('{\n "a": 1\n "b": 2}', 3, "delimiter"),
        ("", 1, "Expecting value"),
        ('{"a": "one\ntwo"}', 1, "Invalid control character"),
    ],
    ids=["value", "comma", "empty", "line end"],
)
def test_broken_json_is_shown_at_its_line(text: str, line: int, part: str) -> None:
    found = wrong(text)

    assert found.line == line
    assert part in found.words


@pytest.mark.parametrize(
    "text",
    ["[1]", "7", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 40 + "]" * 40, "[" * 99_999],
    ids=["list", "number", "NaN", "twice", "deep", "bottomless"],
)
def test_what_is_no_object_has_no_line(text: str) -> None:
    assert wrong(text).words


def test_a_wrong_value_is_shown_at_its_line() -> None:
    found = wrong(WRITTEN)

    assert found.line == 6
    assert found.shown == '"role": "developer",'
    assert "messages[1].role" in found.words


def test_something_missing_is_missed_where_it_should_stand() -> None:
    found = wrong('{"max_tokens": 1,\n "messages": [\n  {"role": "user"}]}')

    assert found.line == 3
    found = wrong(
        '{\n "messages": [{"role": "user", "content": "x"}]}', Endpoint.MESSAGES
    )
    assert (found.line, "max_tokens" in found.words) == (1, True)


def test_a_long_line_is_cut() -> None:
    text = json.dumps({"messages": [{"role": "x" * 900}]})

    assert len(wrong(text).shown) == 200


JSON = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(one for key, each in inner for one in paths(each, (*path, key)))]


@given(st.dictionaries(st.text(), JSON), st.sampled_from([None, 1, "\t"]))
def test_every_value_is_found_however_it_is_written(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)

    for path in paths(value):
        found = blamed(text, Unreadable(path, "odd"))

        assert found.line is not None
        assert 1 <= found.line <= text.count("\n") + 1


def test_characters_that_no_database_takes_are_replaced() -> None:
    assert parsed('{"a": "\\ud83d"}') == {"a": "\ufffd"}
