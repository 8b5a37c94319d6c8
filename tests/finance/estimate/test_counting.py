"""Real tokens of a pasted text: one booked call per model, and a number kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.cache import cache

from console.accounts.models import Team, User
from console.finance.estimate import counting
from console.finance.estimate.forms import LONGEST_TEXT
from console.finance.estimate.inputs import Inputs
from console.finance.estimate.prices_for import offers
from console.finance.models import Scenario
from console.keys.models import ApiKey
from console.keys.upstream import use_transport
from console.relay import counting as relay_counting
from console.usage.models import Endpoint, RecordState, UsageRecord
from tests.people import ClientOf
from tests.relay import stock

# The calls are booked by threads of their own.
pytestmark = pytest.mark.django_db(transaction=True)

URL = "/models/estimate/"
PART = {"HX-Request": "true"}
TEXT = "Rewrite this query: red shoes\u200b <b>"


class Tokenizer:
    """An xAI that cuts every `size` letters; `failing` models get an error."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.failing: dict[str, int] = {}
        self.size = 1

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        if status := self.failing.get(body["model"]):
            return httpx.Response(status, json={"error": "secret words of xAI"})
        text, size = body["text"], self.size
        cuts = [text[n : n + size] for n in range(0, len(text), size)]
        tokens = [
            {"token_id": 1, "string_token": cut, "token_bytes": list(cut.encode())}
            for cut in cuts
        ]
        return httpx.Response(200, json={"token_ids": tokens})


@pytest.fixture
def xai_says(sam: User, team: Team, api_key: ApiKey) -> Any:
    """Let sam's key see five models, and xAI answer for them."""
    models = [stock.language_model(f"m{n}") for n in range(5)]
    for model in models:
        stock.price(model, team)
    stock.usable(api_key, *models)
    tokenizer = Tokenizer()
    with use_transport(httpx.MockTransport(tokenizer)):
        yield tokenizer


Send = Callable[..., Any]


@pytest.fixture
def send(client_of: ClientOf, sam: User) -> Send:
    """Return what pastes a text for some models."""

    def post(*models: str, text: str = TEXT, by: User = sam, **job: Any) -> Any:
        query = Inputs(models=models, **job).query
        return client_of(by).post(URL, {"inputs": query, "text": text})

    return post


def test_the_count_becomes_the_prompt_of_the_same_job(
    xai_says: Tokenizer, send: Send, client_of: ClientOf, sam: User
) -> None:
    answer = send("m0", "m1", output=77)

    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    size = str(len(TEXT))
    page = client_of(sam).get(answer.headers["Location"]).text
    assert answer.status_code == 303
    assert told["prompt"] == [size]
    assert told["counted"] == [f"m0:{size}", f"m1:{size}"]
    assert told["output"] == ["77"]
    assert f'name="counted" value="m0:{size}"' in page
    assert f"{size} prompt tokens, counted" in page
    assert "red shoes" not in answer.headers["Location"]


def test_each_model_is_one_call_that_is_booked(xai_says: Tokenizer, send: Send) -> None:
    send("m0", "m1")

    records = UsageRecord.objects.order_by("model_asked")
    assert [body["text"] for body in xai_says.asked] == [TEXT, TEXT]
    assert [one.model_asked for one in records] == ["m0", "m1"]
    assert {one.endpoint for one in records} == {Endpoint.TOKENIZE}
    assert {one.state for one in records} == {RecordState.SETTLED}


def test_the_same_text_is_not_sent_again(xai_says: Tokenizer, send: Send) -> None:
    first, again = send("m0"), send("m0")
    send("m0", text=TEXT + "!")

    assert first.headers["Location"] == again.headers["Location"]
    assert [body["text"] for body in xai_says.asked] == [TEXT, TEXT + "!"]
    assert UsageRecord.objects.count() == 2


def test_only_a_number_is_kept_under_a_keyed_digest(
    xai_says: Tokenizer, sam: User, ada: User, settings: Any
) -> None:
    counting.count(user=sam, text=TEXT, offers=offers(sam)[:1])

    name = relay_counting._name(sam, "xai", "m0", TEXT)
    assert cache.get(name) == len(TEXT)
    assert "red" not in name
    others = {
        relay_counting._name(sam, "xai", "m0", TEXT + " "),
        relay_counting._name(sam, "xai", "m1", TEXT),
        relay_counting._name(sam, "eu", "m0", TEXT),
        relay_counting._name(
            ada, "xai", "m0", TEXT
        ),  # tells nobody what another counted
    }
    settings.SECRET_KEY = "another"
    assert name not in others | {relay_counting._name(sam, "xai", "m0", TEXT)}
    assert len(others) == 4


def test_one_model_that_fails_leaves_the_counts_of_others(
    xai_says: Tokenizer, send: Send
) -> None:
    xai_says.failing = {"m1": 503}

    answer = send("m0", "m1")

    assert answer.status_code == 422
    assert "m1 was not counted" in answer.text
    assert "xAI has trouble. Try again." in answer.text
    assert "secret words" not in answer.text
    assert f"m0: {len(TEXT)} tokens" in answer.text
    assert f'name="counted" value="m0:{len(TEXT)}"' in answer.text
    assert "red shoes\u200b &lt;b&gt;</textarea>" in answer.text


def test_what_failed_is_asked_again_and_the_rest_is_known(
    xai_says: Tokenizer, send: Send
) -> None:
    xai_says.failing = {"m1": 400}
    send("m0", "m1")
    xai_says.failing = {}

    answer = send("m0", "m1")

    assert answer.status_code == 303
    assert [body["model"] for body in xai_says.asked] == ["m0", "m1", "m1"]


@pytest.mark.parametrize(
    ("who", "sentence", "advice"),
    [
        ("fin", "You belong to no team", "Ask an admin to add you to a team."),
        ("mia", "No key is stored for your teams.", "Ask an admin to add one."),
    ],
)
def test_who_may_not_call_is_told_why_and_what_to_do(
    xai_says: Tokenizer,
    send: Send,
    other_team: Team,
    who: str,
    sentence: str,
    advice: str,
    request: pytest.FixtureRequest,
) -> None:
    person = request.getfixturevalue(who)
    stock.price(stock.language_model("m9"), other_team)

    answer = send("m9", by=person)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert advice in answer.text
    assert xai_says.asked == []
    assert not UsageRecord.objects.exists()


@pytest.mark.parametrize(
    ("models", "text", "sentence"),
    [
        pytest.param(("m0",), "", "Paste a text.", id="no text"),
        pytest.param(
            ("m0",), "x" * (LONGEST_TEXT + 1), "longer than 200 KB", id="too long"
        ),
        pytest.param(("zzz",), "x", "No model is chosen", id="none known"),
    ],
)
def test_what_cannot_be_counted_is_said_and_not_sent(
    xai_says: Tokenizer, send: Send, models: tuple[str, ...], text: str, sentence: str
) -> None:
    answer = send(*models, text=text)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert '<details class="disclose" id="count" open>' in answer.text
    assert xai_says.asked == []


def test_a_text_of_the_largest_size_is_counted(xai_says: Tokenizer, send: Send) -> None:
    xai_says.size = 4

    answer = send("m0", text="x" * LONGEST_TEXT)

    assert f"counted=m0%3A{LONGEST_TEXT // 4}" in answer.headers["Location"]


def test_a_wrong_job_is_not_counted_for(
    xai_says: Tokenizer, client_of: ClientOf, sam: User
) -> None:
    answer = client_of(sam).post(URL, {"inputs": "model=m0&days=0", "text": "x"})

    assert answer.status_code == 422
    assert "Nothing is computed yet" in answer.text
    assert xai_says.asked == []


def test_few_wait_at_a_time(xai_says: Tokenizer, send: Send) -> None:
    for _ in range(counting.MOST_WAITING):
        assert counting._waiting.acquire(blocking=False)
    try:
        answer = send("m0")
    finally:
        for _ in range(counting.MOST_WAITING):
            counting._waiting.release()

    assert answer.status_code == 422
    assert "Others are counting at this moment" in answer.text
    assert send("m0").status_code == 303


def test_a_place_is_given_back_after_a_failure(xai_says: Tokenizer, send: Send) -> None:
    xai_says.failing = {"m0": 503}

    for _ in range(counting.MOST_WAITING + 1):
        assert "xAI has trouble." in send("m0").text


@pytest.mark.parametrize("models", [(), ("m4", "m3", "m2", "m1", "m0")])
def test_of_more_than_four_models_the_first_four_count_and_it_is_said(
    xai_says: Tokenizer, client_of: ClientOf, sam: User, models: tuple[str, ...]
) -> None:
    browser, job = client_of(sam), Inputs(models=models)

    answer = browser.post(URL, {"inputs": job.query, "text": TEXT})

    where = answer.headers["Location"]
    page = browser.get(where).text
    assert sorted(body["model"] for body in xai_says.asked) == ["m0", "m1", "m2", "m3"]
    assert where.startswith(URL + "?")
    assert parse_qs(urlsplit(where).query).get("model", []) == list(models)
    assert "These are the first 4 of the 5 models compared" in page
    assert "computed with the largest count" in page


def test_the_job_is_taken_as_it_stands_in_its_form(
    xai_says: Tokenizer, client_of: ClientOf, sam: User
) -> None:
    """The script sends the fields of the job beside what was computed last."""
    now = {"requests": "7", "days": "3", "model": ["m1"], "output": "9"}

    answer = client_of(sam).post(URL, {"inputs": "model=m0", "text": TEXT, **now})

    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert [body["model"] for body in xai_says.asked] == ["m1"]
    assert (told["model"], told["requests"], told["output"]) == (["m1"], ["7"], ["9"])


def test_a_number_that_is_typed_after_a_count_wins(
    xai_says: Tokenizer, send: Send, client_of: ClientOf, sam: User
) -> None:
    where, browser = send("m0").headers["Location"], client_of(sam)
    typed = where.replace(f"prompt={len(TEXT)}", "prompt=5000")

    counted, own = browser.get(where).text, browser.get(typed, headers=PART)

    assert f"{len(TEXT)} prompt tokens, counted" in counted
    assert "prompt tokens, counted" not in own.text
    assert "5,000 fresh" in own.text
    assert '<div id="counted" hx-swap-oob="true"></div>' in own.text
    assert "counted" not in own.headers["HX-Replace-Url"]


def test_what_could_not_be_counted_leaves_the_address_of_the_job(
    xai_says: Tokenizer, client_of: ClientOf, sam: User
) -> None:
    now = {"requests": "7", "model": ["m1"]}

    answer = client_of(sam).post(URL, {"text": "", **now}, headers=PART)

    assert answer.status_code == 422
    assert answer.headers["HX-Push-Url"].startswith(f"{URL}?model=m1&requests=7&")


def test_a_scenario_stays_open_over_a_count(
    xai_says: Tokenizer, client_of: ClientOf, sam: User
) -> None:
    mine = Scenario.objects.create(owner=sam, name="mine", inputs={})
    body = {"inputs": "model=m0", "text": TEXT, "scenario": str(mine.pk)}

    answer = client_of(sam).post(URL, body)

    assert answer.headers["Location"].endswith(f"&scenario={mine.pk}")


@pytest.mark.parametrize(
    ("who", "sentence"),
    [("fin", "You belong to no team"), ("mia", "No key is stored for your teams.")],
)
def test_who_may_not_call_is_told_so_before_the_click(
    client_of: ClientOf,
    other_team: Team,
    who: str,
    sentence: str,
    request: pytest.FixtureRequest,
) -> None:
    page = client_of(request.getfixturevalue(who)).get(URL).text

    assert sentence in page
    assert "type the number of prompt tokens" in page
    assert 'type="button" disabled' in page
    assert "<textarea" not in page


def test_strangers_are_sent_to_sign_in(client: Any) -> None:
    assert client.post(URL).status_code == 302
