"""`make run` with nothing else, as a newcomer meets it, from the start to kill -9."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.events import CHAT, MESSAGES, MODEL, ask, events_of, streaming
from tests.e2e.instance import (
    INTERVAL,
    RING,
    STOP_SECONDS,
    Instance,
    csrf_token,
    post,
    running,
)
from tests.e2e.processes import processes_of
from tests.e2e.records import stock, usage_records
from tests.runtime.conftest import wait_until

WORK = 30  # seconds that polling and storing may take while other tests run
SOON = INTERVAL + RING + WORK
DRAIN = 10  # seconds that an answer is read on after its browser left

# The sample history knows them all, those too that take several polls.
STATES = {
    "active": 7, "team_blocked": 3, "key_blocked": 1, "disabled": 1, "rejected": 1,
    "unreachable": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with running(tmp_path_factory.mktemp("try-out")) as instance:
        yield instance


@pytest.fixture(scope="module")
def ada(gatehouse: Instance) -> Iterator[httpx.Client]:
    with gatehouse.visitor("ada") as browser:
        yield browser


def keys_seen(browser: httpx.Client) -> dict[str, dict[str, str]]:
    """Return the inventory as this person may export it, by label."""
    rows = browser.get("/keys/", params={"format": "json"}).json()
    return {row["label"]: row for row in rows}


def states_seen(browser: httpx.Client) -> Counter[str]:
    return Counter(row["state"] for row in keys_seen(browser).values())


def test_says_where_it_is_and_how_to_sign_in(gatehouse: Instance) -> None:
    assert f"Gatehouse is ready: {gatehouse.url}" in gatehouse.output
    assert "Sign in as ada (admin), olga (auditor), fin (finance) or sam (staff)." in (
        gatehouse.output
    )
    assert gatehouse.settings["GATEHOUSE_DEMO_PASSWORD"] not in gatehouse.output


def test_shows_a_stranger_nothing_but_the_door(gatehouse: Instance) -> None:
    with gatehouse.stranger() as browser:
        for page in ("/", "/keys/", "/models/", "/playground/chat/", "/status/"):
            assert browser.get(page).headers["location"].startswith("/account/login/")


def test_shows_fourteen_polled_keys(ada: httpx.Client) -> None:
    wait_until(lambda: states_seen(ada) == Counter(STATES), seconds=SOON)

    page = ada.get("/keys/").text
    assert "This is sample data" in page
    assert all(label in page for label in keys_seen(ada))


def test_shows_thirty_days_of_sample_history_that_no_poll_added_to(
    ada: httpx.Client,
) -> None:
    found = {
        page: ada.get(page, params={"format": "json"}).json()
        for page in ("/models/changes/", "/keys/changes/")
    }

    kinds = {row["kind"] for row in found["/models/changes/"]}
    assert {"price", "listed", "unlisted", "relisted", "alias"} <= kinds
    assert len(found["/keys/changes/"]) == 11
    assert "grok-4.7" in ada.get("/models/changes/").text


def test_shows_a_block_on_the_open_page_within_one_interval(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    key = gatehouse.control.world().key("support-desk-prod")
    row = keys_seen(ada)["support-desk-prod"]
    assert row["state"] == "active"
    page, part = f"/keys/{row['id']}/", {"HX-Request": "true", "HX-Target": "key-live"}

    gatehouse.control.change_key(key.api_key_id, blocked=True)

    wait_until(
        lambda: 'data-state="key-blocked"' in ada.get(page, headers=part).text,
        seconds=SOON,
    )
    assert keys_seen(ada)["support-desk-prod"]["state"] == "key_blocked"


def test_takes_a_key_in_after_it_was_checked(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    world = gatehouse.control.world()
    spare, known = world.key("search-newcomer"), world.key("search-staging")
    team = keys_with_team_ids(ada)["Search"]

    def add(secret: str) -> httpx.Response:
        fields = {"team": team, "label": "newcomer", "owner": "Mara", "note": ""}
        return post(ada, "/keys/add/", credential_material=secret, **fields)

    for secret, words in {
        "": "Paste the key",
        "no key at all": "This is not an xAI API key",
        "xai-" + "Z9y8X7w6V5" * 8: "xAI was asked about this key and refused it",
        known.secret: "This key is already stored in this team as “search-staging”.",
        world.key("platform-gateway").secret: "stored under another team, Platform",
    }.items():
        answer = add(secret)
        assert answer.status_code == 422
        assert words in answer.text
        assert not secret or secret not in answer.text
    assert len(keys_seen(ada)) == 14

    answer = add(spare.secret)
    assert answer.status_code == 303
    page = ada.get(answer.headers["location"]).text
    assert "newcomer was checked and stored." in page
    assert 'data-state="ok"' in page
    assert spare.secret not in page


def keys_with_team_ids(browser: httpx.Client) -> dict[str, str]:
    """Return the choices of the add form: a team's name and its id."""
    page = browser.get("/keys/add/").text
    options = page.partition('name="team"')[2].partition("</select>")[0]
    found = {}
    for option in options.split("<option ")[2:]:
        value, _, rest = option.partition('value="')[2].partition('"')
        found[rest.partition(">")[2].partition("<")[0].strip()] = value
    return found


def test_every_call_is_booked_with_the_ticks_of_xai(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    before = len(gatehouse.control.ledger())

    answers = [ask(ada, door, "What is a gatehouse?") for door in (CHAT, MESSAGES)]
    text = "The gate’s toll:\n3 \U0001f40e, please."
    counted = post(
        ada, "/playground/tokenize/", "/stream/tokenize/", model=MODEL, text=text
    )

    for answer in answers:
        assert answer.last_name == "done", answer.last
        assert answer.text
        assert answer.text == answer.last["text"]
    _, slice_, _ = map(json.loads, counted.text.splitlines())
    assert bytes.fromhex("".join(row[1] for row in slice_["tokens"])) == text.encode()
    calls = gatehouse.control.ledger()[before:]
    records = usage_records(gatehouse)[-3:]
    assert [row["endpoint"] for row in records] == ["chat", "messages", "tokenize"]
    assert {row["state"] for row in records} == {"settled"}
    assert {row["outcome"] for row in records} == {"complete"}
    assert [row["id"] for row in records[:2]] == [a.start["record"] for a in answers]
    for row, call in zip(records, calls, strict=True):
        assert row["upstream_request_id"] == call.request_id
        assert row["cost_ticks"] == call.ticks
        assert row["computed_ticks"] == call.ticks
    # In /v1/messages xAI tells no amount, and for tokenizing it asks no price.
    assert [row["source"] for row in records] == ["reported", "computed", "unknown"]
    assert records[0]["cost_ticks"] > 0
    assert records[1]["cost_ticks"] > 0


def test_books_a_whole_answer_that_nobody_waited_for_and_one_that_was_stopped(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    prompt = "Tell me of gates. " * 20
    gatehouse.control.settings(pace=0.04)  # slower, so that it is still coming

    with streaming(ada, CHAT, prompt) as response:
        left = first_text(response)
    with streaming(ada, CHAT, prompt) as response:
        stopped = first_text(response)
        token = csrf_token(ada.get("/playground/chat/"))
        answer = ada.post(
            f"/playground/stop/{stopped}/", data={"csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 204
    gatehouse.control.settings(pace=0.02)

    def ended() -> bool:
        return all(
            records_by_id(gatehouse)[one]["settled_at"] for one in (left, stopped)
        )

    wait_until(ended, seconds=DRAIN + WORK)
    records = records_by_id(gatehouse)
    calls = {call.request_id: call for call in gatehouse.control.ledger()}
    whole, cut = records[left], records[stopped]
    assert (whole["outcome"], whole["source"]) == ("complete", "reported")
    assert whole["cost_ticks"] == calls[whole["upstream_request_id"]].ticks
    assert (cut["outcome"], cut["source"]) == ("stopped", "estimated")
    assert cut["cost_ticks"] > 0
    assert calls[cut["upstream_request_id"]].client_left


def first_text(response: httpx.Response) -> str:
    """Read until the answer begins; return the record's id."""
    events = events_of(response)
    _, start = next(events)
    next(data for name, data in events if name == "text")
    return start["record"]


def records_by_id(instance: Instance) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in usage_records(instance)}


def test_each_person_sees_what_is_theirs(gatehouse: Instance) -> None:
    with gatehouse.visitor("sam") as sam:
        teams = {row["team"] for row in keys_seen(sam).values()}
        assert teams == {"Search", "Support desk"}
        assert sam.get("/keys/add/").status_code == 403
        assert sam.get("/status/").status_code == 403
    for username in ("olga", "fin"):
        with gatehouse.visitor(username) as browser:
            assert len(keys_seen(browser)) >= 14
            assert browser.get("/keys/add/").status_code == 403


def test_a_command_polls_beside_it(gatehouse: Instance) -> None:
    done = gatehouse.manage("refresh_keys", "--wait", "--all")

    assert "without an answer." in done.stdout
    assert "Traceback" not in done.stdout


def test_every_state_is_found_in_the_end(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    """Also that of the keys that xAI refuses or leaves without an answer."""
    keys = keys_seen(ada)

    assert keys["platform-ci"]["state"] == "rejected"
    assert keys["platform-sandbox"]["state"] == "unreachable"
    assert states_seen(ada).keys() == STATES.keys()


def test_its_data_outlives_a_stop_and_kill_9(
    gatehouse: Instance, ada: httpx.Client
) -> None:
    before = stock(gatehouse)
    assert before["broken_at"] is None

    assert gatehouse.stop() < STOP_SECONDS
    assert "Gatehouse has stopped." in gatehouse.output
    assert "Traceback" not in gatehouse.output

    alone = gatehouse.manage("refresh_keys", "--wait")
    assert "without an answer" in alone.stdout  # the sandbox is down as well
    assert "Traceback" not in alone.stdout
    wait_until(lambda: not processes_of(gatehouse.data_dir))

    gatehouse.start()
    gatehouse.kill_tree()
    gatehouse.start()

    after = stock(gatehouse)
    kept = ("ApiKey", "Team", "User", "UsageRecord", "ticks", "broken_at")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["UsageRecord"]
    # The session of before is good still, the keys are polled again, the block stands.
    wait_until(lambda: "stale" not in states_seen(ada), seconds=SOON)
    assert keys_seen(ada)["support-desk-prod"]["state"] == "key_blocked"
    assert ask(ada, CHAT, "Are you back?").last_name == "done"
