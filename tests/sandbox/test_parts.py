"""The small parts: fields, usage, faults, generation, the world as JSON."""

from typing import Any

import pytest

from console.sandbox import seed, state
from console.sandbox.faults import Fault, Faults
from console.sandbox.fields import FieldProblem, Fields, OutOfRange, camel, read_json
from console.sandbox.generation import Ask, generate
from console.sandbox.models import Model
from console.sandbox.usage import Usage
from console.sandbox.world import REMEMBERED_PROMPTS, World

PLAIN = Model(id="plain", created=0)
THINKER = Model(id="thinker", created=0, reasoning=True)


@pytest.mark.parametrize("value", [None, 0, "x", [], True])
def test_only_an_object_has_fields(value: object) -> None:
    with pytest.raises(FieldProblem, match="expected a map"):
        Fields(value)


def test_null_reads_as_absent() -> None:
    fields = Fields(dict.fromkeys("abcdef"))

    assert fields.integer("a") is None
    assert fields.number("b") is None
    assert fields.items("c") is None
    assert fields.map("d") is None
    assert fields.flag("e", True) is True
    assert fields.text_or("f", "x") == "x"


@pytest.mark.parametrize(
    ("value", "low", "high"), [(3, 4, None), (5, None, 4), (-1, 0, 1)]
)
def test_a_value_out_of_range_is_told_in_camel_case(
    value: int, low: int | None, high: int | None
) -> None:
    with pytest.raises(OutOfRange, match="topLogprobs must be"):
        Fields({"top_logprobs": value}).integer("top_logprobs", low, high)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_is_finite(value: float) -> None:
    with pytest.raises(FieldProblem, match="finite"):
        Fields({"temperature": value}).number("temperature")


@pytest.mark.parametrize(
    ("name", "spelled"), [("n", "n"), ("top_p", "topP"), ("a_bc_d", "aBcD")]
)
def test_parameters_are_spelled_as_xai_spells_them(name: str, spelled: str) -> None:
    assert camel(name) == spelled


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'"\\udc00"', b"[" * 50_000, '"x"'.encode("utf-16")]
)
def test_what_is_no_json_in_utf8_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(body)


def test_a_whole_surrogate_pair_is_json() -> None:
    assert read_json(b'"\\ud83d\\ude00"') == "😀"


def test_usage_has_one_sum_for_all_its_shapes() -> None:
    usage = Usage(
        text_tokens=100,
        image_tokens=256,
        cached_tokens=64,
        completion_tokens=10,
        reasoning_tokens=20,
    )

    chat, message = usage.chat_json(PLAIN), usage.messages_json()
    assert chat["prompt_tokens"] == 356
    assert chat["total_tokens"] == 386
    assert message["input_tokens"] + message["cache_read_input_tokens"] == 356
    assert message["output_tokens"] == 30


def test_more_cached_than_text_is_never_a_refund() -> None:
    model = Model(id="x", created=0, prompt_text_token_price=1000)

    assert Usage(text_tokens=10, cached_tokens=50).ticks(model) == 0


def test_a_limit_beats_a_stop_sequence_behind_it() -> None:
    cut = generate(PLAIN, Ask(prompt="Hi", fixed="a b c. d", limit=2, stop=["."]))
    stopped = generate(PLAIN, Ask(prompt="Hi", fixed="a b c. d", limit=9, stop=["."]))

    assert (cut.text, cut.cut, cut.stopped_by) == ("a b", True, None)
    assert (stopped.text, stopped.cut, stopped.stopped_by) == ("a b c", False, ".")


def test_the_first_of_two_stop_sequences_wins() -> None:
    found = generate(PLAIN, Ask(prompt="", fixed="one two", stop=["two", "ne", ""]))

    assert (found.text, found.stopped_by) == ("o", "ne")


def test_only_a_reasoning_model_reasons() -> None:
    ask = Ask(prompt="Hi", effort="high")

    assert generate(PLAIN, ask).reasoning == []
    assert generate(THINKER, ask).thinking.startswith("The user wrote 1 word.")


def test_faults_strike_in_the_order_they_were_made() -> None:
    faults = Faults()
    first = faults.add(Fault(kind="500", times=1))
    second = faults.add(Fault(kind="503", path="/v1/*"))

    struck = [faults.strike("/v1/models", None, None) for _ in range(3)]

    assert struck == [first, second, second]
    assert faults.strike("/other", None, None) is None


def test_a_world_is_the_same_after_a_round_through_json() -> None:
    world, copy = seed.new_world(), World()

    state.restore(copy, state.dump(world))

    assert state.dump(copy) == state.dump(world) == world.origin
    secret = next(iter(world.keys.values())).secret
    assert copy.key_by_secret(secret) is not None


@pytest.mark.parametrize("lost", ["teams", "keys", "models", "settings", "faults"])
def test_a_broken_dump_changes_nothing(lost: str) -> None:
    world = seed.new_world()
    before = state.dump(world)
    data: dict[str, Any] = {name: before[name] for name in before if name != lost}

    with pytest.raises(KeyError):
        state.restore(world, data)

    assert state.dump(world) == before


def test_prompts_are_forgotten_oldest_first() -> None:
    world = World()
    for prefix in range(REMEMBERED_PROMPTS + 1):
        world.seen_prompt(prefix)

    assert world.seen_prompt(REMEMBERED_PROMPTS)
    assert not world.seen_prompt(0)


def test_a_real_id_wins_over_an_alias() -> None:
    real = Model(id="real", created=0)
    other = Model(id="other", created=0, aliases=["real", "also"])

    world = World(models={"other": other, "real": real})

    assert world.model_named("real") is real
    assert world.model_named("also") is other
