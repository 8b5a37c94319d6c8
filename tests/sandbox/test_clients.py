"""The real clients of both dialects, talking to the sandbox as they talk to xAI."""

from collections.abc import Iterator

import anthropic
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.sandbox.conftest import Sandbox


@pytest.fixture
def oai(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{sandbox.url}/v1", api_key=sandbox.secret(), max_retries=0
    ) as client:
        yield client


@pytest.fixture
def ant(sandbox: Sandbox) -> Iterator[anthropic.Anthropic]:
    # xAI wants a bearer header, which is what `auth_token` sends.
    with anthropic.Anthropic(
        base_url=sandbox.url, auth_token=sandbox.secret(), max_retries=0
    ) as client:
        yield client


def test_openai_reads_a_whole_answer(oai: openai.OpenAI) -> None:
    answer = oai.chat.completions.create(
        model="grok-4.3", messages=[{"role": "user", "content": "Name a harbour"}]
    )

    assert answer.usage is not None
    assert "sandbox" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.model_extra is not None
    assert answer.usage.model_extra["cost_in_usd_ticks"] > 0


def test_openai_reads_the_same_answer_from_a_stream(oai: openai.OpenAI) -> None:
    whole = oai.chat.completions.create(
        model="grok-4.3", messages=[{"role": "user", "content": "Name a harbour"}]
    )

    chunks: list[ChatCompletionChunk] = list(
        oai.chat.completions.create(
            model="grok-4.3",
            messages=[{"role": "user", "content": "Name a harbour"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_openai_lists_models_and_reads_one(oai: openai.OpenAI) -> None:
    names = [model.id for model in oai.models.list()]

    assert "grok-4.3" in names
    assert "grok-imagine-image" in names
    assert oai.models.retrieve("grok-4.3-latest").id == "grok-4.3-latest"


def test_openai_completes_in_the_legacy_dialect(oai: openai.OpenAI) -> None:
    answer = oai.completions.create(model="grok-2", prompt="1, 2, 3, ", max_tokens=3)
    stream = oai.completions.create(
        model="grok-2", prompt="1, 2, 3, ", max_tokens=3, stream=True
    )

    assert answer.choices[0].finish_reason == "length"
    streamed = "".join(chunk.choices[0].text for chunk in stream)
    assert streamed == answer.choices[0].text


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("429", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("529", openai.InternalServerError),
        ("no_credit", openai.PermissionDeniedError),
    ],
)
def test_openai_maps_the_errors(
    sandbox: Sandbox, oai: openai.OpenAI, kind: str, error: type[Exception]
) -> None:
    sandbox.control.add_fault(kind, times=1)

    with pytest.raises(error):
        oai.models.list()


def test_openai_raises_on_an_error_inside_a_stream(
    sandbox: Sandbox, oai: openai.OpenAI
) -> None:
    sandbox.control.add_fault("error_event", times=1, after_events=2)
    stream = oai.chat.completions.create(
        model="grok-4.3", messages=[{"role": "user", "content": "Hi"}], stream=True
    )

    with pytest.raises(openai.APIError):
        list(stream)


def test_a_wrong_key_is_a_bad_request_to_openai(sandbox: Sandbox) -> None:
    wrong = "xai-" + "x" * 80
    with (
        openai.OpenAI(base_url=f"{sandbox.url}/v1", api_key=wrong) as client,
        pytest.raises(openai.BadRequestError) as caught,
    ):
        client.models.list()

    assert isinstance(caught.value.body, str)  # the client loses the code
    assert caught.value.body.startswith("Incorrect API key provided: xa***xx")


def test_anthropic_reads_a_whole_message(ant: anthropic.Anthropic) -> None:
    message = ant.messages.create(
        model="grok-4.3",
        max_tokens=400,
        system="Be brief.",
        messages=[{"role": "user", "content": "Name a harbour"}],
    )

    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0


def test_anthropic_reads_raw_events_without_an_index(ant: anthropic.Anthropic) -> None:
    events = list(
        ant.messages.create(
            model="grok-4.3",
            max_tokens=400,
            messages=[{"role": "user", "content": "Name a harbour"}],
            stream=True,
        )
    )

    starts = [event for event in events if event.type == "content_block_start"]
    deltas = [event for event in events if event.type == "content_block_delta"]
    assert [start.index for start in starts] == [0, 0]
    assert all("index" not in delta.model_fields_set for delta in deltas)
    assert events[-1].type == "message_stop"


def test_anthropic_cannot_gather_a_stream_that_has_the_defect(
    ant: anthropic.Anthropic,
) -> None:
    """Why the repaired numbering is a setting: the gathering client needs it."""
    with (
        ant.messages.stream(
            model="grok-4.3",
            max_tokens=400,
            messages=[{"role": "user", "content": "Name a harbour"}],
        ) as stream,
        pytest.raises((TypeError, AttributeError)),
    ):
        stream.get_final_message()


def test_anthropic_gathers_a_stream_with_repaired_numbers(
    sandbox: Sandbox, ant: anthropic.Anthropic
) -> None:
    sandbox.control.settings(messages_index=True)
    with ant.messages.stream(
        model="grok-4.3",
        max_tokens=400,
        messages=[{"role": "user", "content": "Name a harbour"}],
    ) as stream:
        message = stream.get_final_message()

    assert [block.type for block in message.content] == ["thinking", "text"]
    assert "sandbox" in message.content[1].text  # type: ignore[union-attr]


def test_anthropic_raises_on_an_error_event(
    sandbox: Sandbox, ant: anthropic.Anthropic
) -> None:
    sandbox.control.add_fault("error_event", times=1, after_events=2)
    stream = ant.messages.create(
        model="grok-4.3",
        max_tokens=40,
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
    )

    with pytest.raises(anthropic.APIStatusError):
        list(stream)
