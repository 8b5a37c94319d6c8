"""The history: who sees what, searching, and what is done with conversations."""

from __future__ import annotations

import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.pages.audit_words import sentence_of
from console.playground.conversations import (
    contents,
    listing,
    retention,
    sharing,
    storing,
)
from console.playground.models import Conversation, Share, Turn, TurnState
from console.playground.tasks import tidy
from tests.people import ClientOf
from tests.playground.conversations.stored import (
    conversation_of,
    link_of,
    shared_conversation,
)

HISTORY = "/playground/history/"
DAY = timedelta(days=1)


def of_parts(*parts: object) -> dict[str, object]:
    """Return what a file says of one prompt that has these parts."""
    return {"turns": [{"role": "user", "content": list(parts)}]}


HEAD = '{"gatehouse": "conversation", "version": 1, "endpoint": "chat"}'


def marked(*marks: str) -> bytes:
    """Return Markdown that has these marks, the first of them at its head."""
    words = ("gatehouse 01234567", *["01234567"] * (len(marks) - 1))
    pairs = zip(words, marks, strict=True)
    return "\n\n".join(f"<!-- {word} {mark} -->\n" for word, mark in pairs).encode()


def titles(owner: User) -> set[str]:
    return {storing.open_title(one) for one in Conversation.objects.filter(owner=owner)}


def test_lists_the_pinned_first_and_then_the_latest(
    client_of: ClientOf, sam: User
) -> None:
    for days, title in enumerate(["newest", "older", "oldest"]):
        conversation_of(sam, "x", title=title, older_by=days * DAY)
    conversation_of(sam, "x", title="pinned one", older_by=9 * DAY, pinned=True)

    page = client_of(sam).get(HISTORY).text

    places = [page.index(f">{title}<") for title in ("pinned one", "newest", "older")]
    assert places == sorted(places)
    assert "Each is kept for 30 days after its last turn, pinned or not" in page


@pytest.mark.parametrize("who", ["ada", "olga", "fin", "mia"])
@pytest.mark.parametrize(
    "name",
    [
        *("chat_kept", "messages_kept", "history_delete", "history_export"),
        *("history_share", "history_rename", "history_pin", "history_duplicate"),
    ],
)
def test_nobody_else_sees_or_touches_them_whatever_their_role(
    client_of: ClientOf, sam: User, request: pytest.FixtureRequest, who: str, name: str
) -> None:
    conversation = conversation_of(sam, "Bluebird", "Bluebird", title="Bluebird")
    browser = client_of(request.getfixturevalue(who))
    url = reverse(f"playground:{name}", args=[conversation.pk])

    answers = [browser.get(url), browser.post(url, {"title": "x", "days": "7"})]

    assert {one.status_code for one in answers} <= {404, 405}
    assert 404 in {one.status_code for one in answers}
    assert "Bluebird" not in browser.get(HISTORY).text
    searched = browser.get(HISTORY, {"q": "bluebird"}, headers={"HX-Request": "true"})
    assert "Bluebird" not in searched.text
    assert titles(sam) == {"Bluebird"}


def test_a_stranger_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(HISTORY).status_code == 302


@pytest.mark.parametrize("number", [1, 20])
def test_asks_the_same_number_of_queries_for_any_number(
    client_of: ClientOf,
    sam: User,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        conversation_of(sam, "a", "b", "c", "d")
    browser = client_of(sam)

    with django_assert_num_queries(3):  # the session, the person, the lines
        browser.get(HISTORY, headers={"HX-Request": "true"})
    with django_assert_num_queries(4):  # and their turns
        browser.get(HISTORY, {"q": "a"}, headers={"HX-Request": "true"})


@pytest.mark.parametrize("number", [2, 40])
def test_a_conversation_takes_the_same_number_of_queries_for_any_number_of_turns(
    client_of: ClientOf,
    sam: User,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    conversation = conversation_of(sam, *["words"] * number)
    browser = client_of(sam)
    url = reverse("playground:chat_kept", args=[conversation.pk])

    with django_assert_num_queries(16):
        page = browser.get(url).text

    assert page.count("data-answer-id=") == number // 2


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("bluebird", {"Plans"}),
        ("BLUEBIRD merger", {"Plans"}),
        ("plans", {"Plans"}),
        ("plans merger", {"Plans"}),
        ("bluebird dinner", set()),
        ("%", set()),
        ("cook", {"Kitchen", "Dinner"}),
    ],
)
def test_searches_titles_and_all_that_was_said(
    sam: User, search: str, found: set[str]
) -> None:
    conversation_of(sam, "The merger", "It is called Bluebird", title="Plans")
    conversation_of(sam, "How to cook", title="Dinner")
    conversation_of(sam, "x", "cooking", title="Kitchen")

    lines = listing.history(sam, search=search).lines

    assert {line.title for line in lines} == found


@pytest.mark.parametrize(
    ("search", "hits"),
    [
        ("pirate", ["System prompt: Talk like a Pirate"]),
        ("queen", ["System prompt: Be a queen"]),
        ("queen pirate dinner tea", ["System prompt: Be a queen"]),
        ("tea", ["tea at five"]),
        ("seven", []),  # a parameter that is no text of the person's
        ("queen bluebird", []),
    ],
)
def test_searches_the_system_prompt_of_each_lane(
    sam: User, search: str, hits: list[str]
) -> None:
    one = conversation_of(sam, "tea at five", title="Dinner")
    conversation_of(sam, "x", title="without parameters")
    lanes = {
        "0": {"system": ["Talk like a Pirate"], "user": ["seven"]},
        "1": {"system": ["Be a queen"]},
        "2": {"system": [""]},
    }
    blob = storing.seal_parameters(lanes, one.pk)
    Conversation.objects.filter(pk=one.pk).update(sealed_parameters=blob)

    lines = listing.history(sam, search=search).lines

    assert [line.hit for line in lines] == hits


def test_a_search_does_not_find_the_system_prompts_of_others(
    sam: User, mia: User
) -> None:
    asked_with(conversation_of(sam, "x"), system="Be a Bluebird")

    assert listing.history(mia, search="bluebird").lines == []


def peak_of_a_search(owner: User) -> int:
    """Return the most bytes that a search holds that reads all and finds nothing."""
    tracemalloc.start()
    try:
        found = listing.history(owner, search="word nowhere")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.lines == []
    return peak


def test_a_search_holds_some_system_prompts_at_a_time(sam: User) -> None:
    long = "word " * 60_000  # 300 KB
    for _ in range(60):
        asked_with(conversation_of(sam, "x"), system=long)

    assert peak_of_a_search(sam) < 10_000_000 < 60 * len(long)


def test_a_search_holds_some_turns_at_a_time_and_not_all_that_was_said(
    sam: User,
) -> None:
    long = "word " * 60_000  # 300 KB
    for _ in range(10):
        conversation_of(sam, long, long, long, long)

    assert peak_of_a_search(sam) < 8_000_000 < 10 * 4 * len(long)


def test_a_hit_is_shown_with_what_is_around_it(client_of: ClientOf, sam: User) -> None:
    text = f"{'a ' * 99}<b>Bluebird</b>{' z' * 99}"
    conversation_of(sam, text)

    page = client_of(sam).get(HISTORY, {"q": "bluebird"}).text

    assert "&lt;b&gt;Bluebird&lt;/b&gt;" in page
    assert "…" in page


def test_a_search_says_where_it_ended(
    sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_SEARCHED", 2)
    for title in ("x1", "x2", "x3"):
        conversation_of(sam, "word", title=title)

    found = listing.history(sam, search="word")

    assert len(found.lines) == 2
    assert found.bound == "Only the newest 2 conversations were searched."


def test_pages_of_a_long_history(client_of: ClientOf, sam: User) -> None:
    for number in range(30):
        conversation_of(sam, "x", title=f"one {number}", older_by=number * DAY / 9)

    first = listing.history(sam)
    second = listing.history(sam, cursor=first.after or "")

    shown = [line.title for line in (*first.lines, *second.lines)]
    assert shown == [f"one {number}" for number in range(30)]
    assert 'rel="next"' in client_of(sam).get(HISTORY).text


def test_says_what_to_do_without_any(client_of: ClientOf, sam: User) -> None:
    assert "No conversation yet" in client_of(sam).get(HISTORY).text
    assert "No conversation has that" in client_of(sam).get(HISTORY, {"q": "x"}).text


def test_renames_pins_and_deletes(client_of: ClientOf, sam: User) -> None:
    browser, one = client_of(sam), conversation_of(sam, "x", title="old")

    def act(name: str, **data: str) -> int:
        url = reverse(f"playground:history_{name}", args=[one.pk])
        return browser.post(url, data).status_code

    assert act("rename", title="<new>") == 303
    assert titles(sam) == {"<new>"}
    assert act("rename", title=" ") == 303
    assert titles(sam) == {"<new>"}
    assert act("pin", pinned="1") == 303
    assert Conversation.objects.get().pinned
    assert act("pin", pinned="0") == 303
    assert not Conversation.objects.get().pinned
    url = reverse("playground:history_delete", args=[one.pk])
    assert "Delete “&lt;new&gt;”?" in browser.get(url).text
    assert act("delete") == 303
    assert not Turn.objects.exists()


def test_a_copy_is_whole_and_its_own(client_of: ClientOf, sam: User) -> None:
    one = conversation_of(sam, "Hello", "Hi", title="Gates")
    url = reverse("playground:history_duplicate", args=[one.pk])

    answer = client_of(sam).post(url)

    one.delete()
    page = client_of(sam).get(answer.headers["Location"]).text
    assert titles(sam) == {"Copy of Gates"}
    assert "Hello" in page
    assert "<p>Hi</p>" in page


def test_the_page_of_a_conversation_can_be_read_without_a_script(
    client_of: ClientOf, sam: User
) -> None:
    one = conversation_of(sam, "<script>1</script>", "**Hi** <img src=x>", title="<i>")
    coming = Turn.objects.get(role="assistant")

    page = client_of(sam).get(reverse("playground:chat_kept", args=[one.pk])).text
    other = reverse("playground:messages_kept", args=[one.pk])

    assert "<strong>Hi</strong> &lt;img src=x&gt;" in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script>1" not in page
    assert "<i>" not in page
    assert client_of(sam).get(other).status_code == 302
    Turn.objects.filter(pk=coming.pk).update(state=TurnState.COMING)
    page = client_of(sam).get(reverse("playground:chat_kept", args=[one.pk])).text
    assert "data-coming" in page
    assert "Still coming" in page


def test_what_is_not_known_of_an_answer_is_left_out(
    client_of: ClientOf, sam: User
) -> None:
    """As of one that an older version kept, or that was imported."""
    conversation = conversation_of(sam, "one", "two", "three", "four")
    fields = {"model": ["grok-4.3"], "temperature": ["0.5"]}
    parameters = storing.seal_parameters({"0": fields}, conversation.pk)
    Conversation.objects.update(sealed_parameters=parameters)

    page = client_of(sam).get(reverse("playground:chat_kept", args=[conversation.pk]))

    asked = re.findall(r'data-asked="([^"]*)"', page.text)
    assert [json.loads(unescape(one)) for one in asked] == [fields]  # of the newest
    assert page.text.count("data-show-code>") == 2  # beside that, of the composer
    assert "tokens/s" not in page.text


def test_an_answer_outlives_the_record_of_its_call(
    client_of: ClientOf, sam: User
) -> None:
    """The months of the ledger are dropped; what was pinned stays."""
    made = conversation_of(sam, "Open the gate", "It is open", pinned=True)
    gone = UUID("019a0000-0000-7000-8000-000000000001")
    Turn.objects.filter(conversation=made, place=1).update(record=gone)

    page = client_of(sam).get(f"/playground/chat/{made.pk}/").text

    assert "It is open" in page


def test_a_sealed_vault_is_said(
    client_of: ClientOf, sam: User, settings: Settings
) -> None:
    one, share = shared_conversation(sam)
    browser = client_of(sam)
    link = reverse("playground:shared", args=[link_of(share)])
    settings.KEK_FILE = settings.KEK_FILE.parent / "nothing"
    vault.forget()

    urls = [HISTORY, reverse("playground:chat_kept", args=[one.pk]), link]
    answers = [browser.get(url) for url in urls]

    assert {answer.status_code for answer in answers} == {503}
    assert all("Conversations are sealed" in answer.text for answer in answers)


class TestRetention:
    """All of them end, pinned or not."""

    def test_what_is_over_is_deleted(self, sam: User) -> None:
        conversation_of(sam, "x", title="over", older_by=30 * DAY)
        conversation_of(sam, "x", title="pinned", older_by=31 * DAY, pinned=True)
        conversation_of(sam, "x", title="kept", older_by=29 * DAY)

        tidy()

        assert titles(sam) == {"kept"}
        assert Turn.objects.count() == 1

    def test_it_is_hidden_before_it_is_deleted(
        self, client_of: ClientOf, sam: User
    ) -> None:
        one = conversation_of(sam, "x", title="over", older_by=30 * DAY)
        url = reverse("playground:chat_kept", args=[one.pk])

        assert client_of(sam).get(url).status_code == 404
        assert "over" not in titles_on(client_of(sam).get(HISTORY).text)

    def test_a_shorter_time_holds_for_what_is_stored(
        self, sam: User, settings: Settings
    ) -> None:
        conversation_of(sam, "x", older_by=8 * DAY)
        settings.CONVERSATION_DAYS = 7

        assert retention.tidy().conversations == 1

    def test_without_days_the_pages_say_so(
        self, client_of: ClientOf, sam: User, settings: Settings
    ) -> None:
        settings.CONVERSATION_DAYS = 0
        browser = client_of(sam)

        assert "Conversations are not kept here" in browser.get(HISTORY).text
        chat = browser.get(reverse("playground:chat")).text
        assert "Not kept:" in chat
        assert "data-kept>" not in chat


def titles_on(page: str) -> str:
    return page.partition('id="conversations"')[2]


class TestSharing:
    """A snapshot, open by its link to whoever signs in, until it ends."""

    @pytest.fixture
    def share(self, sam: User) -> Share:
        return shared_conversation(sam, "Bluebird")[1]

    def test_a_colleague_reads_it_as_it_was(
        self, client_of: ClientOf, mia: User, share: Share
    ) -> None:
        Conversation.objects.all().delete()

        url = reverse("playground:shared", args=[link_of(share)])
        page = client_of(mia).get(url).text

        assert "Shared by Sam" in page
        assert "<p>Bluebird too</p>" in page
        assert "data-again" not in page

    def test_a_stranger_is_sent_to_sign_in(self, client: Client, share: Share) -> None:
        url = reverse("playground:shared", args=[link_of(share)])

        assert client.get(url).status_code == 302

    @pytest.mark.parametrize("end", ["revoke", "expire", "leave"])
    def test_its_end_is_said_and_its_text_is_gone(
        self, client_of: ClientOf, sam: User, mia: User, share: Share, end: str
    ) -> None:
        url = reverse("playground:shared", args=[link_of(share)])
        if end == "revoke":
            revoke = reverse("playground:share_revoke", args=[share.pk])
            assert client_of(sam).post(revoke).status_code == 303
        elif end == "expire":
            Share.objects.update(expires_at=timezone.now())
            tidy()
        else:
            User.objects.filter(pk=sam.pk).update(is_active=False)

        answer = client_of(mia).get(url)

        assert answer.status_code == 410
        assert "Bluebird" not in answer.text
        assert "This link has ended" in answer.text
        if end != "leave":
            assert not Share.objects.get().sealed_snapshot

    def test_it_is_revoked_once_its_owner_has_confirmed_it(
        self, client_of: ClientOf, sam: User, share: Share
    ) -> None:
        browser, url = (
            client_of(sam),
            reverse("playground:share_revoke", args=[share.pk]),
        )

        page = browser.get(url).text

        assert "Revoke the link of “Bluebird title”?" in page
        assert not Share.objects.get().revoked_at
        assert browser.post(url).status_code == 303
        assert Share.objects.get().revoked_at
        assert browser.get(url).headers["Location"] == "/playground/shares/"

    def test_a_live_link_alone_can_be_copied(
        self, client_of: ClientOf, sam: User, share: Share
    ) -> None:
        over = shared_conversation(sam, "Redbird")[1]
        sharing.revoke(over, actor=SYSTEM)

        page = client_of(sam).get("/playground/shares/").text

        assert f'data-copy-of="link-{share.pk}"' in page
        assert f'id="link-{share.pk}"' in page
        assert f"link-{over.pk}" not in page

    def test_its_owner_is_told_when_they_revoked_it(
        self, client_of: ClientOf, sam: User, share: Share
    ) -> None:
        sharing.revoke(share, actor=SYSTEM)
        at = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
        Share.objects.update(revoked_at=at)

        page = client_of(sam).get("/playground/shares/").text

        assert 'data-label="Ends">revoked 2026-05-06 07:08 UTC</td>' in page
        assert f"{share.expires_at:%Y-%m-%d}" not in page

    def test_both_entries_of_the_log_name_it_and_so_does_its_owners_list(
        self, client_of: ClientOf, sam: User, share: Share
    ) -> None:
        other = shared_conversation(sam, "Redbird")[1]
        page = client_of(sam).get("/playground/shares/").text

        sharing.revoke(share, actor=SYSTEM)

        names = Entry.objects.order_by("seq").values_list("object_name", flat=True)
        first, second = (f"share {one.reference}" for one in (share, other))
        assert [first in name for name in names] == [True, False, True]
        assert first in page
        assert second in page
        entry = Entry.objects.order_by("seq").first()
        assert entry is not None
        said = sentence_of(entry.action, entry.object_name, entry.detail)
        assert (said.before, said.object) == ("of ", f"a conversation ({first})")

    def test_its_owner_reads_of_its_end_in_the_second_person(
        self, client_of: ClientOf, sam: User, mia: User, share: Share
    ) -> None:
        sharing.revoke(share, actor=SYSTEM)
        url = reverse("playground:shared", args=[link_of(share)])

        own, others = (client_of(one).get(url).text for one in (sam, mia))

        assert "You revoked it" in own
        assert "Share the conversation again for a new link." in own
        assert "Its owner revoked it" in others
        assert "Ask Sam for a new link." in others

    def test_a_link_that_was_never_made_is_not_found(
        self, client_of: ClientOf, mia: User
    ) -> None:
        for token in ("x", "A" * 43, "%00"):
            assert client_of(mia).get(f"/playground/shared/{token}/").status_code == 404

    def test_nobody_else_revokes_it(
        self, client_of: ClientOf, ada: User, share: Share
    ) -> None:
        revoke = reverse("playground:share_revoke", args=[share.pk])

        assert client_of(ada).get(revoke).status_code == 404
        assert client_of(ada).post(revoke).status_code == 404
        assert "Bluebird" not in client_of(ada).get("/playground/shares/").text

    @pytest.mark.parametrize("days", ["1", "7", "30"])
    def test_it_is_made_for_some_days_and_noted_without_its_text(
        self, client_of: ClientOf, sam: User, days: str
    ) -> None:
        one = conversation_of(sam, "Bluebird", title="Bluebird")
        url = reverse("playground:history_share", args=[one.pk])

        assert client_of(sam).post(url, {"days": days}).status_code == 303

        made, entry = Share.objects.get(), Entry.objects.get(action__contains="shared")
        left = made.expires_at - timezone.now()
        assert int(days) * DAY - left < timedelta(minutes=1)
        assert entry.detail["days"] == int(days)
        assert "Bluebird" not in f"{entry.object_name} {entry.detail}"
        assert link_of(made) not in f"{entry.object_name} {entry.detail}"
        assert link_of(made) in client_of(sam).get("/playground/shares/").text

    def test_another_time_is_refused(self, client_of: ClientOf, sam: User) -> None:
        one = conversation_of(sam, "x")
        url = reverse("playground:history_share", args=[one.pk])

        answer = client_of(sam).post(url, {"days": "365"})

        assert answer.status_code == 422
        assert "Choose 1, 7 or 30 days." in answer.text

    @pytest.mark.parametrize(
        ("kept_for", "choices", "words"),
        [
            (3650, {"1", "7", "30"}, "Choose 1, 7 or 30 days."),
            (30, {"1", "7", "30"}, "Choose 1, 7 or 30 days."),
            (29, {"1", "7"}, "Choose 1 or 7 days."),
            (6, {"1"}, "Choose 1 day."),
            (0, set(), "Nothing can be shared, since conversations are not kept"),
        ],
    )
    def test_none_is_longer_than_conversations_are_kept(
        self, client_of: ClientOf, sam: User, settings: Settings, kept_for: int,
        choices: set[str], words: str,
    ) -> None:  # fmt: skip
        one, browser = conversation_of(sam, "x"), client_of(sam)
        settings.CONVERSATION_DAYS = kept_for
        url = reverse("playground:history_share", args=[one.pk])

        page = browser.get(url).text
        made = {
            days
            for days in ("1", "7", "30", "31")
            if browser.post(url, {"days": days}).status_code == 303
        }
        refused = browser.post(url, {"days": "31"})

        assert made == choices
        assert Share.objects.count() == len(choices)
        assert refused.status_code == 422
        assert words in refused.text
        assert {days for days in choices if f'value="{days}"' in page} == choices
        assert page.count('name="days"') == len(choices)
        assert page.count(" checked>") == min(len(choices), 1)
        assert ("Make a link" in page) is bool(choices)
        told = f"which is {kept_for} days." if choices else words
        assert told in page

    def test_a_shorter_time_ends_those_that_are_older(
        self, client_of: ClientOf, mia: User, settings: Settings, share: Share
    ) -> None:
        Share.objects.update(created_at=timezone.now() - 5 * DAY)
        url = reverse("playground:shared", args=[link_of(share)])
        settings.CONVERSATION_DAYS = 6
        tidy()
        before = client_of(mia).get(url)
        settings.CONVERSATION_DAYS = 5
        tidy()

        assert before.status_code == 200
        assert client_of(mia).get(url).status_code == 410
        assert not Share.objects.get().sealed_snapshot


class TestFiles:
    """Out as JSON and Markdown, and in again."""

    def test_what_goes_out_comes_in_again(
        self, client_of: ClientOf, sam: User, mia: User
    ) -> None:
        one = conversation_of(sam, "Héllo", "**Hi**", "again", "yes", title="A/b ü")
        asked_with(one, system="Be brief", seed="7", team="x", user="")
        url = reverse("playground:history_export", args=[one.pk])
        out = client_of(sam).get(url)

        answer = imported(client_of(mia), out.content)

        assert out.headers["Content-Disposition"] == 'attachment; filename="ab-u.json"'
        assert answer.status_code == 303
        page = client_of(mia).get(answer.headers["Location"]).text
        assert "<strong>Hi</strong>" in page
        assert titles(mia) == {"A/b ü"}
        again = Conversation.objects.get(owner=mia)
        assert out.json()["parameters"] == {"0": {"system": "Be brief", "seed": "7"}}
        assert storing.parameters_of(again) == {
            "0": {"system": ["Be brief"], "seed": ["7"]}
        }
        url = reverse("playground:history_export", args=[again.pk])
        assert client_of(mia).get(url).json() == out.json()
        assert {entry.action for entry in Entry.objects.all()} == {
            "conversation.exported"
        }

    def test_markdown_that_goes_out_comes_in_again(
        self, client_of: ClientOf, sam: User, mia: User
    ) -> None:
        said = ("Héllo", "**Hi**", "## Answer\n\nno", "> yes\n")
        one = conversation_of(sam, *said, title="A/b ü")
        asked_with(one, system="Be brief\n<!-- x -->", seed="7")
        url = reverse("playground:history_export", args=[one.pk])
        out = client_of(sam).get(url, {"format": "md"})

        answer = imported(client_of(mia), out.content)

        assert out.headers["Content-Disposition"] == 'attachment; filename="ab-u.md"'
        assert answer.status_code == 303
        again = Conversation.objects.get(owner=mia)
        copy = reverse("playground:history_export", args=[again.pk])
        assert client_of(mia).get(copy).json() == client_of(sam).get(url).json()

    def test_it_is_told_when_turns_were_taken_out_of_the_file(
        self, client_of: ClientOf, sam: User
    ) -> None:
        one = conversation_of(sam, "Hello", "Hi", "And?")
        url = reverse("playground:history_export", args=[one.pk])
        out = client_of(sam).get(url, {"format": "md"}).text
        cut = out[: out.rindex("<!--")]
        browser = client_of(sam)

        answer = imported(browser, cut.encode())

        page = browser.get(answer.headers["Location"]).text
        assert "The conversation was imported with 2 turns. It had 3 when" in page
        assert "data-prompt-turn" in page

    def test_markdown_reads_as_it_was_said(
        self, client_of: ClientOf, sam: User
    ) -> None:
        one = conversation_of(sam, "Hello", "**Hi**", title="Gates")
        url = reverse("playground:history_export", args=[one.pk])

        out = client_of(sam).get(url, {"format": "md"})

        assert out.headers["Content-Type"] == "text/markdown; charset=utf-8"
        shown = re.sub(r"<!--.*?-->\n\n", "", out.text)
        assert shown.startswith("# Gates\n\nchat, 20")
        assert shown.endswith("## Prompt\n\nHello\n\n## Answer\n\n**Hi**\n")
        assert "Parameters" not in shown

    def test_markdown_begins_with_the_system_prompt_and_the_parameters(
        self, client_of: ClientOf, sam: User
    ) -> None:
        one = conversation_of(sam, "Hello", title="Gates")
        asked_with(one, system="Be brief", seed="7")
        url = reverse("playground:history_export", args=[one.pk])

        out = client_of(sam).get(url, {"format": "md"}).text

        told = "System prompt:\n\n> Be brief\n\nParameters:\n\n- seed: 7\n\n<!-- "
        assert told in out

    def test_what_is_shared_holds_no_parameters(self, sam: User) -> None:
        one = conversation_of(sam, "Hello")
        asked_with(one, system="Be brief")

        share = sharing.share(one, days=7, actor=SYSTEM)

        assert "Be brief" not in json.dumps(sharing.snapshot_of(share))

    def test_an_answer_without_a_model_has_a_word_in_its_place(
        self, client_of: ClientOf, sam: User
    ) -> None:
        browser = client_of(sam)
        turns = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "text": "Hi"},
            {"role": "user", "content": "And?"},
            {"role": "assistant", "text": "Well", "model": "grok-4.3"},
        ]

        kept = browser.get(imported(browser, {"turns": turns}).headers["Location"]).text

        share = sharing.share(Conversation.objects.get(), days=7, actor=SYSTEM)
        url = reverse("playground:shared", args=[link_of(share)])
        for page in (kept, browser.get(url).text):
            assert page.count('<b class="xs" data-model>Answer</b>') == 1
            assert page.count('<b class="mono xs" data-model>grok-4.3</b>') == 1
        assert kept.count('<b class="mono xs" data-model></b>') == 1  # the script's
        listed = browser.get(HISTORY).text
        assert "The file that was imported names no model" in listed

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (b"{", "The file is neither a JSON object"),
            (b"[" * 100_000, "The file is neither a JSON object"),
            (b"\xff\xfe", "not text in UTF-8"),
            (b"[]", "The file is neither a JSON object"),
            (b"{}", "not a conversation that Gatehouse exported"),
            (b'{"gatehouse": NaN}', "The file is neither a JSON object"),
            ({"more": {"x": float("-inf")}}, "The file is neither a JSON object"),
            (b"# Gates\n\n## Prompt\n\nHello", "nor Markdown that begins with a mark"),
            (marked("{}"), "not a conversation that Gatehouse exported"),
            (marked("{]}"), "A mark in the file cannot be read: {]}."),
            (marked(HEAD), "from 1 to 1600 turns"),
            (marked(HEAD, '{"role": 1}'), "Turn 1 is neither"),
            (marked(HEAD, '{"role": "user"'), "A mark in the file cannot be read"),
            (marked(HEAD, '{"role": "user",}'), "A mark in the file cannot be read"),
            (marked(HEAD, '{"part": "text"}'), "A mark in the file cannot be read"),
            (b" " * (1024 * 1024 + 1), "larger than 1 MiB"),
            ({"version": 2}, "Its version is not 1"),
            ({"version": True}, "Its version is not 1"),
            ({"endpoint": "tokenize"}, "neither chat nor messages"),
            ({"turns": []}, "from 1 to 1600 turns"),
            ({"turns": {}}, "from 1 to 1600 turns"),
            ({"title": 5}, "The file has a title"),
            ({"parameters": None}, "Its parameters are none"),
            ({"parameters": {"0": {"seed": 7}}}, "Its parameters are none"),
            ({"turns": ["x"]}, "Turn 1 is neither"),
            ({"turns": [{"role": "system"}]}, "Turn 1 is neither"),
            ({"turns": [{"role": ["user"]}]}, "Turn 1 is neither"),
            ({"turns": [{"role": "user"}]}, "Turn 1 has no content"),
            (of_parts(), "Turn 1 has no content"),
            (of_parts({"type": "text", "text": " "}), "Turn 1 has no content"),
            (of_parts(*[{"type": "text", "text": "x"}] * 33), "more than 32 parts"),
            (of_parts("x"), "Turn 1 has a part that is neither"),
            (of_parts({"type": "text"}), "Turn 1 has a part"),
            (of_parts({"type": "text", "text": 7}), "Turn 1 has a part"),
            (of_parts({"type": ["text"], "text": "x"}), "Turn 1 has a part"),
            (of_parts({"type": "file", "text": "x"}), "Turn 1 has a part"),
            (of_parts({"text": "x", "url": "https://evil.test"}), "Turn 1 has a part"),
            ({"turns": [{"role": "assistant", "lane": 9}]}, "has a lane"),
            ({"turns": [{"role": "assistant", "state": "coming"}]}, "has a state"),
            ({"turns": [{"role": "assistant", "text": 1}]}, "Turn 1 has a text"),
        ],
    )
    def test_says_what_is_wrong_with_a_file(
        self, client_of: ClientOf, sam: User, change: bytes | dict[str, object],
        said: str,
    ) -> None:  # fmt: skip
        answer = imported(client_of(sam), change)

        assert answer.status_code == 422
        assert said in answer.text
        assert "Nothing was imported." in answer.text
        assert not Conversation.objects.exists()

    def test_of_images_nothing_is_kept(self, client_of: ClientOf, sam: User) -> None:
        images: list[object] = [
            {"type": "image_url", "image_url": {"url": "https://evil.test/x.png"}},
            {"type": "image", "source": {"type": "base64", "data": "evil"}},
            {"type": "text", "text": "What is it?", "image_url": "https://evil.test"},
        ]

        assert imported(client_of(sam), of_parts(*images)).status_code == 303

        one = Conversation.objects.get()
        url = reverse("playground:history_export", args=[one.pk])
        (turn,) = client_of(sam).get(url).json()["turns"]
        assert turn["content"] == [
            contents.NO_IMAGE,
            contents.NO_IMAGE,
            {"type": "text", "text": "What is it?"},
        ]
        share = sharing.share(one, days=7, actor=SYSTEM)
        link = reverse("playground:shared", args=[link_of(share)])
        assert "evil" not in client_of(sam).get(link).text

    @pytest.mark.parametrize(
        ("told", "is_taken"),
        [
            ("2024-05-06T09:08:09+02:00", True),
            ("2019-12-31T23:59:59+00:00", False),
            ("0001-01-01T00:00:00+23:59", False),
            ("9999-12-31T23:59:59-23:59", False),
            ("2024-05-06T09:08:09", False),
            ("2024-13-06T09:08:09Z", False),
        ],
    )
    def test_a_time_that_cannot_be_is_now(
        self, client_of: ClientOf, sam: User, told: str, is_taken: bool
    ) -> None:
        turns = [{"role": "user", "content": "Hello", "at": told}]
        began = timezone.now()

        answer = imported(client_of(sam), {"created_at": told, "turns": turns})

        assert answer.status_code == 303
        (at,) = Turn.objects.values_list("created_at", flat=True)
        assert Conversation.objects.get().created_at <= timezone.now()
        if is_taken:
            assert at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
        else:
            assert at >= began

    def test_a_file_may_begin_with_a_mark(self, client_of: ClientOf, sam: User) -> None:
        text = '{"gatehouse": "conversation", "version": 1, "endpoint": "chat", '
        text += '"turns": [{"role": "user", "content": "\\ud800"}]}'

        answer = imported(client_of(sam), text.encode("utf-8-sig"))

        assert answer.status_code == 303
        assert "\ufffd" in client_of(sam).get(answer.headers["Location"]).text

    def test_lanes_come_back_side_by_side(self, client_of: ClientOf, sam: User) -> None:
        turns: list[dict[str, Any]] = [
            {"role": "user", "content": "x"},
            *({"role": "assistant", "lane": lane, "text": "y"} for lane in (0, 1, 1)),
        ]

        imported(client_of(sam), {"turns": turns})

        places = Turn.objects.values_list("place", "lane")
        assert [*places] == [(0, 0), (1, 0), (1, 1), (2, 1)]

    def test_nothing_is_imported_where_nothing_is_kept(
        self, client_of: ClientOf, sam: User, settings: Settings
    ) -> None:
        settings.CONVERSATION_DAYS = 0

        assert imported(client_of(sam), {}).status_code == 422
        assert not Conversation.objects.exists()


def asked_with(conversation: Conversation, **fields: str) -> None:
    """Keep these fields with its first lane."""
    told = {"0": {name: [value] for name, value in fields.items()}}
    blob = storing.seal_parameters(told, conversation.pk)
    Conversation.objects.filter(pk=conversation.pk).update(sealed_parameters=blob)


def imported(browser: Client, change: bytes | dict[str, object]) -> Any:
    """Import a small file, with changes, or these bytes."""
    data = {
        "gatehouse": "conversation",
        "version": 1,
        "title": "t",
        "endpoint": "chat",
        "turns": [{"role": "user", "content": "Hello"}],
    }
    whole = change if isinstance(change, bytes) else json.dumps(data | change).encode()
    file = SimpleUploadedFile("c.json", whole)
    return browser.post("/playground/history/import/", {"file": file})


def test_an_id_of_nobody_is_not_found(client_of: ClientOf, sam: User) -> None:
    url = reverse("playground:chat_kept", args=[uuid4()])

    assert client_of(sam).get(url).status_code == 404
