"""Usage: one meaning for two dialects."""

import json
from typing import Any

import pytest

from console.xai import Event, Usage

RECORDED = [
    # prompt, cached, completion, reasoning, total: reasoning is outside completion
    (197, 192, 1, 146, 344),
    (291, 290, 26, 196, 513),
    (10, 0, 1328, 307, 1645),
]


def chat(
    prompt: Any, cached: Any, completion: Any, reasoning: Any, total: Any
) -> Usage:
    return Usage.from_chat(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": cached, "text_tokens": prompt},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }
    )


@pytest.mark.parametrize("numbers", RECORDED)
def test_recorded_answers_add_up(numbers: tuple[int, ...]) -> None:
    usage = chat(*numbers)

    assert None not in (usage.prompt_tokens, usage.completion_tokens)
    assert usage.total_tokens == sum(
        part or 0
        for part in (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.reasoning_tokens,
        )
    )


def test_more_cached_than_prompt_tokens_were_told_apart() -> None:
    assert chat(10, 90, 1, 0, 101).prompt_tokens == 100
    assert chat(2**63 - 1, 2**63 - 1, 1, 0, 1).prompt_tokens == 2**63 - 1
    assert chat(1, 2**63 - 1, 1, 0, 1).prompt_tokens is None


@pytest.mark.parametrize("odd", [None, -1, True, 1.0, "1", 2**63, [], {}], ids=repr)
def test_what_is_no_count_is_unknown(odd: Any) -> None:
    usage = chat(odd, odd, odd, odd, odd)

    assert usage == Usage()
    assert not usage.is_known
    assert Usage.from_chat({"cost_in_usd_ticks": odd}).cost_ticks is None


@pytest.mark.parametrize("nothing", [None, [], "x", 7, {}], ids=repr)
def test_no_usage_is_unknown_usage(nothing: Any) -> None:
    assert Usage.from_chat(nothing) == Usage.from_messages(nothing) == Usage()


def test_messages_count_the_cache_apart_and_we_do_not() -> None:
    usage = Usage.from_messages(
        {"input_tokens": 18, "cache_read_input_tokens": 192, "output_tokens": 125}
    )

    assert usage == Usage(
        prompt_tokens=210, cached_tokens=192, completion_tokens=125, total_tokens=335
    )


def test_a_cache_that_is_not_told_leaves_the_cached_part_unknown() -> None:
    usage = Usage.from_messages({"input_tokens": 18})

    assert (usage.prompt_tokens, usage.cached_tokens) == (18, None)


@pytest.mark.parametrize(
    "data",
    [
        "[DONE]",
        "",
        "{",
        '{"usage": null}',
        '{"usage": {}}',
        '{"usage": [1]}',
        '{"choices": [{"delta": {"content": "\\"usage\\""}}]}',
        '{"type": "message_start", "message": null, "usage": 1}',
        '{"type": "message_start", "message": {"usage": {"output_tokens": 0}}}',
        '{"type": "message_stop"}',
    ],
)
def test_events_without_usage_have_none(data: str) -> None:
    assert Usage.in_event(Event("message", data)) is None


def test_a_cut_message_has_an_unknown_end() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 5}}}

    usage = Usage.in_event(Event("message_start", json.dumps(start)))

    assert usage == Usage(prompt_tokens=5)


def test_newer_numbers_stand_and_missing_ones_do_not_erase() -> None:
    older = chat(10, 5, 1, 2, 13)
    newer = Usage(prompt_tokens=10, completion_tokens=7, total_tokens=19)

    both = older.updated_by(newer)

    assert both == Usage(
        prompt_tokens=10,
        cached_tokens=5,
        text_tokens=10,
        completion_tokens=7,
        reasoning_tokens=2,
        total_tokens=19,
    )
    assert both.updated_by(Usage()) == both


def test_growing_counts_of_a_message_keep_the_sum_right() -> None:
    usage = Usage(prompt_tokens=210)
    for count in (1, 9, 31):
        usage = usage.updated_by(Usage(completion_tokens=count))

    assert usage.total_tokens == 241
