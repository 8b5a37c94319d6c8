"""Words on keys."""

from __future__ import annotations

import pytest

from console.keys import tags


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("prod, eu-west;ci", ["prod", "eu-west", "ci"], id="parted"),
        pytest.param(" Prod  PROD ", ["prod"], id="once, in lower case"),
        pytest.param("#team/a.b_c", ["team/a.b_c"], id="signs"),
        pytest.param("größe 東京", ["größe", "東京"], id="letters of any language"),
        pytest.param("cafe\u0301", ["café"], id="one spelling"),
        pytest.param(" , # ", [], id="nothing"),
    ],
)
def test_tags_are_read_from_a_line(text: str, found: list[str]) -> None:
    assert tags.in_text(text) == found


@pytest.mark.parametrize(
    "text",
    ["a" * 41, "a<b", "a'b", "a\u202eb", " ".join(map(str, range(11)))],
    ids=["long", "markup", "quote", "turned around", "too many"],
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(tags.BadTag):
        tags.in_text(text)


def test_adding_keeps_the_order_and_the_limit() -> None:
    assert tags.with_more(["a", "b"], ["b", "c"]) == ["a", "b", "c"]
    with pytest.raises(tags.BadTag):
        tags.with_more(map(str, range(10)), ["more"])


def test_removing_takes_only_what_is_there() -> None:
    assert tags.without(["a", "b"], ["b", "c"]) == ["a"]
