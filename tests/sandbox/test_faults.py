"""Every kind of fault, before an answer and inside a stream."""

import json
from time import monotonic

import httpx
import pytest

from console.sandbox.faults import KINDS
from tests.sandbox.conftest import Sandbox, chat_body

CHAT = "/v1/chat/completions"
STATUSES = {
    "429": 429,
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "529": 529,
    "capacity": 429,
    "no_credit": 403,
    "moderated": 400,
    "json_error_200": 200,
    "error_event": 200,
    "html": 502,
    "redirect": 307,
}
OTHERS = {"hang", "cut", "malformed", "slow", "huge"}


def read_stream(sandbox: Sandbox, path: str = CHAT, timeout: float = 5) -> list[str]:
    """Return the events of one stream, up to where it breaks."""
    body = chat_body("A stream", stream=True, max_tokens=50)
    seen: list[str] = []
    try:
        with sandbox.http.stream(
            "POST", path, json=body, headers=sandbox.auth(), timeout=timeout
        ) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    seen.append(line.removeprefix("data: "))
    except httpx.TransportError as error:
        seen.append(type(error).__name__)
    return seen


def test_every_kind_is_tested_here() -> None:
    assert set(STATUSES) | OTHERS == KINDS


@pytest.mark.parametrize("kind", STATUSES)
def test_a_fault_with_a_status_has_it_and_an_error(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.add_fault(kind, times=1)

    answer = sandbox.get("/v1/models")

    assert answer.status_code == STATUSES[kind]
    if kind not in ("html", "redirect"):
        assert set(answer.json()) >= {"code", "error"}
    assert sandbox.get("/v1/models").status_code == 200


def test_retry_after_is_sent_when_ordered(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("429", times=1, retry_after=7)
    sandbox.control.add_fault("429", times=1)

    assert sandbox.get("/v1/models").headers["retry-after"] == "7"
    assert "retry-after" not in sandbox.get("/v1/models").headers


def test_a_moderated_call_costs_money(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("moderated", times=1)

    assert sandbox.chat().json()["usage"]["cost_in_usd_ticks"] == 500_000_000


def test_a_cut_answer_ends_in_its_middle(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("cut", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.get("/v1/models")


def test_a_malformed_answer_is_no_json(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("malformed", times=1)

    answer = sandbox.get("/v1/models")

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_hanging_call_gets_no_answer(sandbox: Sandbox) -> None:
    auth = sandbox.auth()
    sandbox.control.add_fault("hang", times=1)

    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.get("/v1/models", headers=auth, timeout=0.2)


def test_a_slow_call_is_answered_late(sandbox: Sandbox) -> None:
    auth = sandbox.auth()
    sandbox.control.add_fault("slow", times=1, seconds=0.3)
    began = monotonic()

    answer = sandbox.http.get("/v1/models", headers=auth)

    assert answer.status_code == 200
    assert monotonic() - began >= 0.3


def test_a_huge_answer_can_be_left_early(sandbox: Sandbox) -> None:
    auth = sandbox.auth()
    sandbox.control.add_fault("huge", times=1)

    with sandbox.http.stream("GET", "/v1/models", headers=auth) as answer:
        assert int(answer.headers["content-length"]) > 64_000_000

    assert sandbox.get("/v1/models").status_code == 200


@pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
@pytest.mark.parametrize(
    ("kind", "end"),
    [("cut", "RemoteProtocolError"), ("hang", "ReadTimeout")],
)
def test_a_stream_breaks_after_the_ordered_event(
    sandbox: Sandbox, path: str, kind: str, end: str
) -> None:
    sandbox.control.add_fault(kind, times=1, after_events=4)

    seen = read_stream(sandbox, path, timeout=0.3)

    assert len(seen) == 5
    assert seen[-1] == end
    (call,) = sandbox.control.ledger()
    assert call.streamed_events == 4
    assert not call.completed


def test_a_malformed_event_stands_in_an_otherwise_whole_stream(
    sandbox: Sandbox,
) -> None:
    sandbox.control.add_fault("malformed", times=1, after_events=2)

    seen = read_stream(sandbox)

    assert seen[2] == '{"id": "broken", "obj'
    assert seen[-1] == "[DONE]"


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (CHAT, {"code": str, "error": str}),
        ("/v1/messages", {"type": str, "error": dict}),
    ],
)
def test_an_error_event_ends_a_stream_in_its_dialect(
    sandbox: Sandbox, path: str, end: dict[str, type]
) -> None:
    sandbox.control.add_fault("error_event", times=1, after_events=3)

    seen = read_stream(sandbox, path)

    last = json.loads(seen[-1])
    assert len(seen) == 4
    assert {name: type(value) for name, value in last.items()} == end


def test_a_stream_may_be_answered_with_json_and_200(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("json_error_200", times=1)

    answer = sandbox.chat(stream=True)

    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"code", "error"}


def test_a_late_fault_hits_a_call_that_does_not_stream_in_its_answer(
    sandbox: Sandbox,
) -> None:
    """The model ran and was paid, and yet the answer is lost."""
    sandbox.control.add_fault("cut", times=1, after_events=0)

    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.chat()

    assert sandbox.control.ledger()[0].completed


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({}, ["models", "api-key", "other key", "other team"]),
        ({"path": "/v1/models"}, ["models", "other key", "other team"]),
        ({"path": "/v1/api-*"}, ["api-key"]),
        ({"api_key_id": "search-staging"}, ["models", "api-key"]),
        ({"team_id": "Search"}, ["models", "api-key", "other key"]),
    ],
    ids=["all", "path", "pattern", "key", "team"],
)
def test_a_fault_hits_what_it_matches(
    sandbox: Sandbox, match: dict[str, str], hit: list[str]
) -> None:
    world = sandbox.control.world()
    if "api_key_id" in match:
        match = {"api_key_id": world.key("search-staging").api_key_id}
    if "team_id" in match:
        match = {"team_id": world.team("Search").id}
    sandbox.control.add_fault("500", match=match)

    answers = {
        "models": sandbox.get("/v1/models", "search-staging"),
        "api-key": sandbox.get("/v1/api-key", "search-staging"),
        "other key": sandbox.get("/v1/models", "search-newcomer"),
        "other team": sandbox.get("/v1/models", "platform-gateway"),
    }

    assert [name for name, one in answers.items() if one.status_code == 500] == hit


def test_a_fault_ends_after_its_times(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("503", times=2)

    statuses = [sandbox.get("/v1/api-key").status_code for _ in range(3)]

    assert statuses == [503, 503, 200]
    assert [fault for fault in sandbox.control.faults() if not fault.permanent] == []


def test_a_fault_without_times_stays_until_cleared(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("503")
    assert [sandbox.get("/v1/api-key").status_code for _ in range(3)] == [503] * 3

    sandbox.control.clear_faults()

    assert sandbox.get("/v1/api-key").status_code == 200


def test_a_fault_for_all_hits_strangers_too(sandbox: Sandbox) -> None:
    sandbox.control.add_fault("503", times=1)

    assert sandbox.http.get("/v1/api-key").status_code == 503
