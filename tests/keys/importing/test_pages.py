"""The pages of imports: the form, the preview, the progress, the result."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from console import vault
from console.accounts.models import Role, Team, User
from console.audit.models import Entry
from console.keys.importing import jobs, progress
from console.keys.models import (
    ApiKey,
    ImportJob,
    ImportRow,
    ImportState,
    RowState,
)
from tests.keys.answers import WRONG_KEY, Upstream
from tests.keys.importing.tables_of import (
    TABLE,
    A,
    B,
    actor_of,
    draft,
    put_off,
    started,
    table_of,
    work,
)
from tests.people import NOON, ClientOf, person

pytestmark = pytest.mark.django_db
URL = "/keys/import/"
ACTS = ("start", "discard", "cancel")


def url(job: ImportJob, act: str = "") -> str:
    return f"/keys/import/{job.pk}/{act}/" if act else f"/keys/import/{job.pk}/"


def upload(table: str | bytes) -> dict[str, SimpleUploadedFile]:
    """Return a form with a file."""
    data = table.encode() if isinstance(table, str) else table
    return {"table_file": SimpleUploadedFile("my keys.csv", data, "text/csv")}


def test_the_form_says_what_the_table_holds(client_of: ClientOf, ada: User) -> None:
    page = client_of(ada).get(URL)

    assert page.status_code == 200
    assert 'enctype="multipart/form-data"' in page.text
    assert "secret,team,label,owner,note" in page.text
    assert "An import appears here" in page.text


@pytest.mark.parametrize("way", ["file", "paste"])
def test_a_table_becomes_a_preview_and_nothing_else(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream, way: str
) -> None:
    sent = upload(TABLE) if way == "file" else {"credential_material": TABLE}

    answer = client_of(ada).post(URL, sent, follow=True)

    job = ImportJob.objects.get()
    assert answer.redirect_chain == [(url(job), 303)]
    assert (job.state, job.created_by) == (ImportState.DRAFT, ada)
    assert "Store 2 keys" in answer.text
    assert "The team New team will be made." in answer.text
    assert not ApiKey.objects.exists()
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param({}, "Choose a file, or paste.", id="nothing"),
        pytest.param(
            {"credential_material": TABLE, **upload(TABLE)}, "not both", id="both"
        ),
        pytest.param({"credential_material": "a,b\n1,2"}, "missing: secret", id="cols"),
        pytest.param(upload(b"\xff\xfe\x00\x01"), "not text in UTF-8", id="bytes"),
        pytest.param(upload(""), "missing: secret", id="empty file"),
        pytest.param(
            {"credential_material": table_of(1001)}, "more than 1,000", id="rows"
        ),
        pytest.param(
            {"credential_material": "x" * (2 * 1024 * 1024 + 1)}, "2 MiB", id="huge"
        ),
        pytest.param(
            {"credential_material": f'secret,team,label\n{A},"S,x\n'},
            "see its quotes",
            id="quote",
        ),
    ],
)
def test_what_is_no_table_is_refused_beside_its_field_and_not_repeated(
    client_of: ClientOf,
    ada: User,
    sent: dict[str, str],
    words: str,
) -> None:
    page = client_of(ada).post(URL, sent)

    assert page.status_code == 422
    assert words in page.text
    assert page.text.count('class="error"') == 1
    assert A not in page.text
    assert not ImportJob.objects.exists()


def test_a_file_too_large_for_the_form_is_refused_too(
    client_of: ClientOf, ada: User
) -> None:
    page = client_of(ada).post(URL, upload("x" * (2 * 1024 * 1024 + 1)))

    assert page.status_code == 422
    assert "larger than 2 MiB" in page.text


def test_no_upload_can_reach_a_disk() -> None:
    assert django_settings.FILE_UPLOAD_HANDLERS == [
        "django.core.files.uploadhandler.MemoryFileUploadHandler"
    ]
    largest = max(django_settings.LARGER_BODIES.values())
    assert largest <= django_settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    assert largest <= django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_a_body_over_django_s_limit_is_a_bad_request(
    client_of: ClientOf, ada: User
) -> None:
    beyond = "x" * (django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    answer = client_of(ada).post(URL, {"credential_material": beyond})

    assert answer.status_code == 400


def test_several_upstreams_are_a_choice(
    client_of: ClientOf, ada: User, team: Team, settings: Settings
) -> None:
    settings.XAI_HOSTS = {"xai": "https://api.x.ai", "eu": "https://eu.x.ai"}
    browser = client_of(ada)

    assert 'name="host"' in browser.get(URL).text
    sent = {"credential_material": TABLE, "host": "nowhere"}
    assert browser.post(URL, sent).status_code == 422
    assert browser.post(URL, {**sent, "host": "eu"}).status_code == 303
    assert ImportJob.objects.get().host == "eu"


def test_a_preview_shows_bad_rows_apart(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    job = draft(TABLE + f"nonsense,Search,bad-one,,\n{A},Search,twice,,\n", maker=ada)
    browser = client_of(ada)

    page = browser.get(url(job)).text
    bad = browser.get(url(job), {"show": "bad"}).text

    assert "2 good" in page
    assert "2 not to be stored" in page
    assert "search-a" in page
    assert "bad-one" in bad
    assert "The same key as in row 2." in bad
    assert "search-a" not in bad
    assert A not in page + bad


def test_a_preview_without_a_good_row_cannot_be_stored(
    client_of: ClientOf, ada: User
) -> None:
    job = draft("secret,team,label\nnonsense,Search,bad\n", maker=ada)

    page = client_of(ada).get(url(job)).text

    assert "There is no good row" in page
    assert "/start/" not in page


@pytest.mark.parametrize(
    "query", [{"show": "x"}, {"page": "x"}, {"page": "WyI-Il0"}, {"format": "xls"}]
)
def test_nonsense_in_the_address_is_harmless(
    client_of: ClientOf, ada: User, team: Team, query: dict[str, str]
) -> None:
    page = client_of(ada).get(url(draft(maker=ada)), query)

    assert page.status_code == 200
    assert "search-a" in page.text


def test_a_long_preview_is_paged(client_of: ClientOf, ada: User, team: Team) -> None:
    job = draft(table_of(60), maker=ada)
    browser = client_of(ada)
    first = browser.get(url(job)).text
    after = first.split('rel="next" href="?page=')[1].split('"')[0]

    second = browser.get(url(job), {"page": after}).text

    assert "key-0049" in first
    assert "key-0050" not in first
    assert "key-0059" in second


def test_storing_starts_the_work_and_the_page_shows_how_far_it_is(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream
) -> None:
    job = draft(TABLE, maker=ada)
    browser = client_of(ada)

    page = browser.post(url(job, "start"), follow=True).text

    assert "0 of 2" in page
    assert 'value="0" max="2"' in page
    assert 'hx-trigger="every 1s"' in page
    assert "Waiting for a worker." in page

    work()

    page = browser.get(url(job)).text
    stored = ApiKey.objects.get(label="search-a")
    assert "2 of 2 keys stored" in page
    assert f'href="/keys/{stored.pk}/"' in page
    assert "every 1s" not in page


def test_the_progress_comes_as_a_part_of_its_own(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    job = started(maker=ada)

    part = client_of(ada).get(url(job), headers={"HX-Request": "true"})

    assert part.text.lstrip().startswith('<div class="stack-4" id="import-live"')
    assert "<html" not in part.text


def test_following_an_import_needs_no_fresh_proof(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    job = started(maker=ada)
    browser = client_of(ada)
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()

    assert browser.get(url(job)).status_code == 200
    assert browser.get(URL).status_code == 302
    assert browser.post(url(job, "cancel")).status_code == 302
    job.refresh_from_db()
    assert job.state == ImportState.RUNNING


def test_a_page_that_is_out_of_date_says_so(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    job = started(maker=ada)
    browser = client_of(ada)

    for act in ("start", "discard"):
        assert "has moved on" in browser.post(url(job, act), follow=True).text


def test_cancelling_keeps_what_is_stored(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream
) -> None:
    job = started(table_of(30), maker=ada)
    put_off(job, after=15)
    work()

    page = client_of(ada).post(url(job, "cancel"), follow=True).text

    assert ApiKey.objects.count() == 14
    assert "14 of 30 keys stored" in page
    assert "16 left out" in page


def test_discarding_destroys_the_preview(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    job = draft(maker=ada)

    answer = client_of(ada).post(url(job, "discard"), follow=True)

    assert answer.redirect_chain == [(URL, 303)]
    assert "destroyed" in answer.text
    assert not ImportRow.objects.exists()


def test_an_expired_preview_says_so(client_of: ClientOf, ada: User, team: Team) -> None:
    job = draft(maker=ada)
    ImportJob.objects.update(created_at=Now() - timedelta(hours=1))
    jobs.tidy()
    browser = client_of(ada)

    assert "This preview has expired" in browser.get(url(job)).text
    assert str(job.pk) not in browser.get(URL).text


def test_the_result_comes_as_a_file_without_secrets(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream
) -> None:
    upstream.answers[B] = WRONG_KEY
    job = started(TABLE + 'nonsense,Search,"=cmd()",,\n', maker=ada)
    work()
    browser = client_of(ada)

    table = browser.get(url(job), {"format": "csv"}).getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    same = json.loads(browser.get(url(job), {"format": "json"}).getvalue())

    assert [row["row"] for row in rows] == ["2", "3", "4"]
    assert [row["result"] for row in rows] == [
        "Stored",
        "Refused",
        "Not to be stored",
    ]
    assert rows[0]["last_four"] == A[-4:]
    assert rows[0]["key_id"] == str(ApiKey.objects.get().pk)
    assert "refused it" in rows[1]["sentence"]
    assert rows[2]["label"] == "'=cmd()"
    assert [row["row"] for row in same] == [2, 3, 4]
    assert A not in table + str(same)
    assert Entry.objects.filter(action="keys.import_exported").count() == 2


def test_past_imports_are_listed_and_lead_to_their_pages(
    client_of: ClientOf, ada: User, team: Team, upstream: Upstream
) -> None:
    upstream.answers[B] = WRONG_KEY
    job = started(maker=ada)
    work()
    waiting = draft(table_of(1), maker=ada)

    page = client_of(ada).get(URL).text

    assert f'href="{url(job)}"' in page
    assert "Finished" in page
    assert "A preview waits for you" in page
    assert page.count(str(waiting.pk)) == 1


def queries_of(browser: Client, address: str) -> int:
    """Return how many queries a page costs when it is not the first."""
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def test_the_list_asks_the_same_number_of_queries_for_any_number_of_imports(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    browser = client_of(ada)
    started(table_of(2), maker=ada)
    for_one = queries_of(browser, URL)
    for _ in range(11):
        started(table_of(2), maker=ada)

    assert queries_of(browser, URL) == for_one


def test_a_preview_asks_the_same_number_of_queries_for_any_number_of_rows(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    one, many = draft(table_of(1), maker=ada), draft(table_of(50), maker=ada)
    browser = client_of(ada)

    assert queries_of(browser, url(one)) == queries_of(browser, url(many))


def test_a_preview_is_its_makers_alone_and_an_import_is_every_admins(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    ben = client_of(person("ben", Role.ADMIN, team))
    job = draft(maker=ada)
    unknown = ben.get(f"/keys/import/{uuid4()}/")

    hidden = ben.get(url(job))
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert "search-a" not in hidden.text
    assert ben.get(url(job), {"format": "csv"}).status_code == 404
    for act in ACTS:
        assert ben.post(url(job, act)).status_code == 404
    assert str(job.pk) not in ben.get(URL).text
    job.refresh_from_db()
    assert job.state == ImportState.DRAFT

    jobs.start(job, actor=actor_of(ada))

    assert ben.get(url(job)).status_code == 200


def test_only_admins_may(
    client_of: ClientOf, ada: User, olga: User, fin: User, sam: User, team: Team
) -> None:
    job = started(maker=ada)

    for one in (olga, fin, sam):
        browser = client_of(one)
        assert browser.get(URL).status_code == 403
        assert browser.post(URL, {"credential_material": TABLE}).status_code == 403
        assert browser.get(url(job)).status_code == 403
        for act in ACTS:
            assert browser.post(url(job, act)).status_code == 403
        assert URL not in browser.get("/keys/").text
    assert URL in client_of(ada).get("/keys/").text


def test_strangers_are_led_to_the_sign_in_page(client: Client, team: Team) -> None:
    job = started()

    assert client.get(URL).status_code == 302
    assert client.get(url(job)).status_code == 302
    assert client.post(url(job, "start")).status_code == 302


def test_wrong_methods_are_refused(client_of: ClientOf, ada: User, team: Team) -> None:
    job, browser = started(maker=ada), client_of(ada)

    assert browser.put(URL).status_code == 405
    assert browser.post(url(job)).status_code == 405
    for act in ACTS:
        assert browser.get(url(job, act)).status_code == 405


def test_a_sealed_vault_takes_nothing_in_and_says_so(
    client_of: ClientOf, ada: User, team: Team, settings: Settings, tmp_path: Path
) -> None:
    waiting, running = draft(maker=ada), started(maker=ada)
    browser = client_of(ada)
    settings.KEK_FILE = tmp_path / "none"
    vault.forget()

    page = browser.post(URL, {"credential_material": TABLE})
    assert page.status_code == 422
    assert "sealed" in page.text
    for job, act in ((waiting, "start"), (running, "cancel")):
        assert "sealed" in browser.post(url(job, act), follow=True).text
    assert "The vault is sealed. The import goes on" in browser.get(url(running)).text
    assert browser.get(url(running), {"format": "csv"}).status_code == 303
    assert waiting.rows.filter(state=RowState.WAITING).count() == 2


class TestTimeLeft:
    """How long it will take, as the page says it."""

    @pytest.fixture
    def job(self, team: Team) -> ImportJob:
        """An import of 100 rows that is at work."""
        job = started(table_of(100))
        ImportJob.objects.update(
            lease=uuid4(), lease_until=Now() + timedelta(seconds=30)
        )
        return job

    def left(self, job: ImportJob) -> timedelta | None:
        job.refresh_from_db()
        return progress.progress(job, now=NOON).left

    def do(self, job: ImportJob, number: int, *, within: int) -> None:
        """Let so many rows be done in the last seconds before noon, evenly."""
        rows = list(job.rows.filter(state=RowState.WAITING)[:number])
        for at, row in enumerate(rows):
            ago = timedelta(seconds=within * (number - at) / number)
            ImportRow.objects.filter(pk=row.pk).update(
                state=RowState.STORED, done_at=NOON - ago
            )

    def test_is_not_known_at_first(self, job: ImportJob) -> None:
        assert self.left(job) is None
        self.do(job, 4, within=10)
        assert self.left(job) is None

    def test_is_the_rest_at_the_measured_pace(self, job: ImportJob) -> None:
        self.do(job, 20, within=10)

        left = self.left(job)

        assert left == timedelta(seconds=40)

    def test_is_not_known_after_a_pause(self, job: ImportJob) -> None:
        self.do(job, 20, within=10)
        ImportRow.objects.update(done_at=F("done_at") - timedelta(minutes=1))

        assert self.left(job) is None


def test_an_import_that_waits_says_why(team: Team, settings: Settings) -> None:
    job = started()

    def why() -> str:
        job.refresh_from_db()
        now = ImportJob.objects.values_list(Now(), flat=True)[0]
        return progress.progress(job, now=now).waits

    assert "Waiting for a worker" in why()

    other = started(table_of(1))
    soon = Now() + timedelta(seconds=30)
    ImportJob.objects.filter(pk=other.pk).update(lease=uuid4(), lease_until=soon)
    assert "Another import is at work" in why()

    job.rows.update(due_at=soon)
    assert "tried again" in why()

    ImportJob.objects.filter(pk=job.pk).update(lease=uuid4(), lease_until=soon)
    assert why() == ""
