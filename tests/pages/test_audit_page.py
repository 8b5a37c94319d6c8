"""The audit log: who sees what, filters, pages, files, and the banner."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from console import vault
from console.accounts.models import User
from console.audit import anchors, selfcheck, trail
from console.audit.actors import STRANGER, SYSTEM, Actor, command
from console.audit.models import ActorKind, Entry
from console.keys import custody, editing
from console.keys.models import ApiKey
from console.pages.evidence import signing
from tests.audit.owner import as_owner
from tests.people import SECRET, ClientOf

URL = "/audit/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_anchors(settings: Settings) -> None:
    """Note nothing outside unless a test wants it."""
    settings.AUDIT_ANCHORS = None


def by(user: User) -> Actor:
    """Return this person as an actor."""
    return Actor(ActorKind.PERSON, str(user.pk), user.username, "192.0.2.7")


def act(action: str = "team.added", actor: Actor = SYSTEM, **facts: object) -> Entry:
    """Write one entry."""
    return trail.record(action=action, actor=actor, **facts)  # type: ignore[arg-type]


def aged(entry: Entry, days: int) -> None:
    """Let it have happened so many days ago."""
    at = timezone.now() - timedelta(days=days)
    as_owner(f"UPDATE audit_entry SET at = '{at.isoformat()}' WHERE seq = {entry.seq}")


class TestLog:
    def test_says_each_act_in_words(
        self, client_of: ClientOf, ada: User, api_key: ApiKey
    ) -> None:
        editing.edit(api_key=api_key, values={"owner": "Tomas"}, actor=by(ada))

        page = client_of(ada).get(URL).text

        link = f'<a href="/keys/{api_key.pk}/">search-prod</a>'
        assert f"<b>Changed</b> the owner of {link}" in page
        assert "<code>owner</code> <del>Mara Lindqvist</del>" in page
        assert "<ins>Tomas</ins>" in page
        assert "Admin, from 192.0.2.7" in page
        assert "Today, " in page
        assert bytes(Entry.objects.latest("seq").mac).hex() in page

    def test_one_line_leaves_the_changes_out(
        self, client_of: ClientOf, ada: User, api_key: ApiKey
    ) -> None:
        editing.edit(api_key=api_key, values={"owner": "Tomas"}, actor=by(ada))

        page = client_of(ada).get(f"{URL}?detail=line").text

        assert "<b>Changed</b> the owner of" in page
        assert "<ins>Tomas</ins>" not in page

    def test_an_action_of_a_newer_version_is_shown_as_it_is(
        self, client_of: ClientOf, ada: User
    ) -> None:
        act("moon.landed", object_name="<b>Eagle</b>")

        page = client_of(ada).get(URL).text

        assert "<b>moon.landed</b> &lt;b&gt;Eagle&lt;/b&gt;" in page

    def test_a_key_that_was_removed_has_no_link(
        self, client_of: ClientOf, ada: User, api_key: ApiKey
    ) -> None:
        custody.remove_key(api_key=api_key, actor=SYSTEM)

        assert f'href="/keys/{api_key.pk}/"' not in client_of(ada).get(URL).text

    def test_days_have_headings(self, client_of: ClientOf, ada: User) -> None:
        for days in (5, 1, 0, 0):
            aged(act(), days)
        page = client_of(ada).get(URL).text

        assert page.count('class="day"') == 3
        assert "Yesterday, " in page

    def test_answers_htmx_with_the_entries_alone(
        self, client_of: ClientOf, ada: User
    ) -> None:
        part = client_of(ada).get(URL, headers={"HX-Request": "true"}).text

        assert part.lstrip().startswith('<section class="stack-3" id="log"')
        assert "<html" not in part

    @pytest.mark.parametrize("number", [1, 60])
    def test_asks_the_same_number_of_queries_for_any_number_of_entries(
        self,
        client_of: ClientOf,
        ada: User,
        api_key: ApiKey,
        number: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(number):
            act("key.edited", object_kind="key", object_id=str(api_key.pk))
        browser = client_of(ada)
        signing.signer()
        vault.state()

        with django_assert_num_queries(16):
            browser.get(f"{URL}?size=100")


class TestWho:
    def test_staff_see_their_own_acts_alone(
        self, client_of: ClientOf, sam: User, ada: User
    ) -> None:
        act("team.added", by(ada), object_name="hers")
        act("team.added", by(sam), object_name="his")
        browser = client_of(sam)

        for url in (URL, f"{URL}?actor={ada.pk}", f"{URL}?q=team&period=all"):
            page = browser.get(url).text
            assert "hers" not in page
        assert "his" in browser.get(URL).text
        assert 'name="actor"' not in browser.get(URL).text

    @pytest.mark.usefixtures("contexts")
    def test_counts_do_not_tell_staff_of_others(
        self, client_of: ClientOf, sam: User, ada: User
    ) -> None:
        before = client_of(sam).get(URL).context["log"].total
        for _ in range(5):
            act("team.added", by(ada))

        assert client_of(sam).get(URL).context["log"].total == before

    def test_finance_sees_none(self, client_of: ClientOf, fin: User) -> None:
        browser = client_of(fin)

        assert browser.get(URL).status_code == HTTPStatus.FORBIDDEN
        assert 'href="/audit/"' not in browser.get("/").text

    def test_strangers_go_to_the_sign_in(self) -> None:
        answer = Client().get(URL)

        assert answer.headers["Location"] == "/account/login/?next=/audit/"

    @pytest.mark.parametrize("who", ["ada", "olga", "sam"])
    def test_nothing_can_be_posted_to_it(
        self, client_of: ClientOf, who: str, request: pytest.FixtureRequest
    ) -> None:
        browser = client_of(request.getfixturevalue(who))

        for method in (browser.post, browser.put, browser.delete, browser.patch):
            assert method(URL).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.usefixtures("contexts")
class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("kind=here", {"team", "moon"}, id="changes here"),
            pytest.param("kind=outside", {"change"}, id="seen outside"),
            pytest.param("kind=export", {"file"}, id="exports"),
            pytest.param("kind=sign-in", {"door"}, id="sign-ins"),
            pytest.param("kind=refused", {"wall"}, id="refused"),
            pytest.param("kind=incident", {"fire"}, id="incidents"),
            pytest.param("action=team.added", {"team"}, id="action"),
            pytest.param("action=moon.landed", {"moon"}, id="unknown action"),
            pytest.param("actor=commands", {"moon"}, id="commands"),
            pytest.param("actor=strangers", {"wall"}, id="strangers"),
            pytest.param("object=t-1", {"team"}, id="one thing"),
            pytest.param("q=FIRE", {"fire"}, id="name of the thing"),
            pytest.param("q=somebody+not", {"wall"}, id="person"),
            pytest.param("q=198.51.100.", {"wall"}, id="address"),
            pytest.param("q=colour", {"team"}, id="field"),
            pytest.param("q=turquoise", {"team"}, id="value"),
            pytest.param("q=moon.la", {"moon"}, id="action as text"),
            pytest.param("q=nowhere", set(), id="nothing"),
            pytest.param("q=%25", set(), id="a wildcard"),
            pytest.param("kind=refused&q=wall", {"wall"}, id="two at once"),
            pytest.param("kind=refused&q=fire", set(), id="two that exclude"),
        ],
    )
    def test_narrow(
        self, client_of: ClientOf, olga: User, query: str, found: set[str]
    ) -> None:
        browser = client_of(olga)
        as_owner("DELETE FROM audit_entry")
        detail = {"before": {"colour": "red"}, "after": {"colour": "turquoise"}}
        act("team.added", object_id="t-1", object_name="team", detail=detail)
        act("moon.landed", command("moon"), object_name="moon")
        act("change.confirmed", object_name="change")
        act("export.prices", object_name="file")
        act("sign_in.done", object_name="door")
        stranger = Actor(ActorKind.PERSON, "", STRANGER.name, "198.51.100.9")
        act("sign_in.failed", stranger, object_name="wall", outcome="refused")
        act("incident.opened", object_name="fire")

        log = browser.get(f"{URL}?{query}").context["log"]

        names = {row.sentence.object or row.sentence.before for row in log.rows}
        files = {"the price list": "file", "": "door"}
        assert {files.get(name, name) for name in names} == found
        assert log.matching == len(found)

    def test_finds_an_entry_by_mark_and_number(
        self, client_of: ClientOf, olga: User
    ) -> None:
        entries = [act() for _ in range(3)]
        mark = bytes(entries[1].mac).hex()
        browser = client_of(olga)

        for query in (mark[:6].upper(), mark[:7], mark, str(entries[1].seq)):
            rows = browser.get(f"{URL}?q={query}").context["log"].rows
            assert entries[1].seq in [row.seq for row in rows]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("", {0, 6}, id="seven days at first"),
            pytest.param("period=30", {0, 6, 8}, id="thirty days"),
            pytest.param("period=90", {0, 6, 8, 60}, id="ninety days"),
            pytest.param("period=all", {0, 6, 8, 60, 300}, id="all"),
            pytest.param("period=dates&until={8}", {8, 60, 300}, id="up to a day"),
            pytest.param("period=dates&since={60}", {0, 6, 8, 60}, id="from a day"),
            pytest.param("period=dates&since={60}&until={8}", {8, 60}, id="between"),
            pytest.param("period=dates&since={6}&until={8}", set(), id="backwards"),
            pytest.param("period=dates", {0, 6, 8, 60, 300}, id="no day"),
        ],
    )
    def test_periods(
        self, client_of: ClientOf, olga: User, query: str, found: set[int]
    ) -> None:
        browser = client_of(olga)
        as_owner("DELETE FROM audit_entry")
        for days in (300, 60, 8, 6, 0):
            aged(act(object_name=f"{days} days"), days)
        today = timezone.now().date()
        dates = [today - timedelta(days=days) for days in range(61)]

        log = browser.get(f"{URL}?{query.format(*dates)}").context["log"]

        names = {row.sentence.object for row in log.rows}
        assert names == {f"{days} days" for days in found}
        assert log.total == len(found)

    @pytest.mark.parametrize(
        "query",
        [
            "kind=x&actor=x&action=x%20y&period=x&since=x&until=9999-12-31&size=x",
            "object=%00&q=%00&page=nonsense&detail=x",
            "period=dates&since=0001-01-01&until=9999-12-31",
            "q=" + "a" * 500,
            "action=" + "a" * 500,
        ],
    )
    def test_nonsense_is_harmless(
        self, client_of: ClientOf, olga: User, query: str
    ) -> None:
        browser = client_of(olga)

        assert browser.get(f"{URL}?{query}").status_code == HTTPStatus.OK
        assert browser.get(f"{URL}export/?{query}").status_code == HTTPStatus.OK

    def test_a_whole_key_never_stays_in_the_address(
        self, client_of: ClientOf, olga: User
    ) -> None:
        answer = client_of(olga).get(f"{URL}?q={SECRET}")

        assert answer.headers["Location"] == f"?q={SECRET[-4:]}"

    def test_chips_count_every_kind(self, client_of: ClientOf, olga: User) -> None:
        browser = client_of(olga)
        as_owner("DELETE FROM audit_entry")
        for action in ("sign_in.done", "sign_out", "moon.landed", "incident.opened"):
            act(action)

        log = browser.get(f"{URL}?kind=sign-in").context["log"]

        assert {count.kind.value: count.entries for count in log.counts} == {
            "here": 1,
            "outside": 0,
            "export": 0,
            "sign-in": 2,
            "refused": 0,
            "incident": 1,
        }
        assert (log.total, log.matching) == (4, 2)

    def test_pages_go_on_and_back(self, client_of: ClientOf, olga: User) -> None:
        for _ in range(60):
            act()
        browser = client_of(olga)
        newest = Entry.objects.count()

        first = browser.get(URL).context["log"]
        second = browser.get(f"{URL}?page={first.after}").context["log"]
        back = browser.get(f"{URL}?page={second.before}").context["log"]

        assert [row.seq for row in first.rows] == [*range(newest, newest - 25, -1)]
        assert second.rows[0].seq == first.rows[-1].seq - 1
        assert [row.seq for row in back.rows] == [row.seq for row in first.rows]

    def test_the_key_page_leads_to_its_acts_and_back(
        self, client_of: ClientOf, ada: User, api_key: ApiKey
    ) -> None:
        browser = client_of(ada)
        act(object_name="another")
        url = f"/audit/?object={api_key.pk}&amp;period=all"
        assert url in browser.get(f"/keys/{api_key.pk}/").text

        page = browser.get(url.replace("&amp;", "&")).text

        assert f'href="/keys/{api_key.pk}/"' in page
        assert "another" not in page

    def test_a_key_of_nobody_has_no_entries(
        self, client_of: ClientOf, ada: User
    ) -> None:
        page = client_of(ada).get(f"{URL}?object={uuid4()}&period=all").text

        assert "No entry matches" in page


class TestExport:
    def get(self, browser: Client, query: str) -> str:
        answer = browser.get(f"{URL}export/?{query}")
        assert answer.status_code == HTTPStatus.OK
        return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

    def test_obeys_the_filters(self, client_of: ClientOf, olga: User) -> None:
        act("moon.landed", object_name="=1+1", detail={"of": ["a", 1]})
        act("team.added")

        text = self.get(client_of(olga), "format=csv&action=moon.landed")

        (row,) = csv.DictReader(io.StringIO(text))
        assert (row["action"], row["object_name"]) == ("moon.landed", "'=1+1")
        assert json.loads(row["detail"]) == {"of": ["a", 1]}
        assert row["mac"] == bytes(Entry.objects.get(action="moon.landed").mac).hex()

    def test_json_holds_the_same(self, client_of: ClientOf, olga: User) -> None:
        act("moon.landed")

        (row,) = json.loads(self.get(client_of(olga), "format=json&action=moon.landed"))

        assert row["actor_name"] == "Gatehouse"

    def test_is_an_act_itself(self, client_of: ClientOf, olga: User) -> None:
        self.get(client_of(olga), "format=json&kind=refused&q=ada")

        entry = Entry.objects.get(action="audit.exported")
        assert entry.detail == {
            "format": "json",
            "kind": "refused",
            "search": "ada",
            "period": "7",
        }

    @pytest.mark.parametrize("who", ["sam", "fin"])
    def test_is_for_admins_and_auditors(
        self, client_of: ClientOf, who: str, request: pytest.FixtureRequest
    ) -> None:
        browser = client_of(request.getfixturevalue(who))

        assert browser.get(f"{URL}export/").status_code == HTTPStatus.FORBIDDEN
        assert not Entry.objects.filter(action="audit.exported").exists()

    def test_is_refused_while_it_cannot_be_recorded(
        self, client_of: ClientOf, olga: User, settings: Settings, tmp_path: Path
    ) -> None:
        browser = client_of(olga)
        settings.KEK_FILE = tmp_path / "gone"
        vault.forget()

        page = browser.get(f"{URL}export/", follow=True).text

        assert "The vault is sealed" in page
        assert "Chain not verified" in page


class TestBanner:
    def test_a_trail_nobody_verified(self, client_of: ClientOf, olga: User) -> None:
        assert "Chain not verified yet" in client_of(olga).get(URL).text

    def test_an_empty_trail(self, client_of: ClientOf, olga: User) -> None:
        page = client_of(olga).get(URL).text

        assert "Chain not verified yet" in page
        assert "No entry in the last 7 days" in page

    def test_verifying_is_one_button(self, client_of: ClientOf, olga: User) -> None:
        act()

        page = client_of(olga).post(f"{URL}verify/", follow=True).text

        assert "Chain verified" in page
        assert "All 1 entries follow in order" in page
        assert Entry.objects.get(action="audit.verified").actor_name == "olga"

    @pytest.mark.parametrize("who", ["sam", "fin"])
    def test_the_button_is_for_admins_and_auditors(
        self, client_of: ClientOf, who: str, request: pytest.FixtureRequest
    ) -> None:
        browser = client_of(request.getfixturevalue(who))

        assert browser.post(f"{URL}verify/").status_code == HTTPStatus.FORBIDDEN
        assert not Entry.objects.filter(action="audit.verified").exists()

    @pytest.mark.parametrize(
        "attack",
        [
            pytest.param(
                lambda: as_owner("UPDATE audit_entry SET action = 'x' WHERE seq = 2"),
                id="an edit",
            ),
            pytest.param(
                lambda: as_owner("DELETE FROM audit_entry WHERE seq = 2"), id="a gap"
            ),
        ],
    )
    def test_a_broken_chain_is_told_with_its_place(
        self, client_of: ClientOf, olga: User, attack: Callable[[], None]
    ) -> None:
        browser = client_of(olga)
        for _ in range(3):
            act()
        attack()

        page = browser.post(f"{URL}verify/", follow=True).text

        assert "Chain broken" in page
        assert "The chain is broken: entry 2" in page
        assert 'data-tone="bad" aria-label="Integrity"' in page

    def test_a_cut_end_is_told_before_anybody_verifies(
        self, client_of: ClientOf, olga: User, settings: Settings, tmp_path: Path
    ) -> None:
        settings.AUDIT_ANCHORS = tmp_path / "anchors"
        browser = client_of(olga)
        selfcheck.verify(actor=SYSTEM)
        anchors.write_due()
        assert "Chain verified" in browser.get(URL).text
        assert "noted outside" in browser.get(URL).text

        as_owner("DELETE FROM audit_entry")

        page = browser.get(URL).text
        assert "Chain broken" in page
        assert "its end was cut off, or it was rebuilt" in page

    def test_two_at_once_are_refused_in_words(
        self, client_of: ClientOf, olga: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(**_: object) -> None:
            raise selfcheck.Busy

        monkeypatch.setattr(selfcheck, "verify", busy)

        page = client_of(olga).post(f"{URL}verify/", follow=True).text

        assert "is being verified already" in page

    def test_tells_auditors_whose_signature_to_expect(
        self, client_of: ClientOf, olga: User
    ) -> None:
        assert signing.signer().fingerprint in client_of(olga).get(URL).text
