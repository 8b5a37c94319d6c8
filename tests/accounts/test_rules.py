"""Every rule for every role, and what is closed without one."""

from __future__ import annotations

from http import HTTPStatus
from itertools import product
from time import time

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.views.decorators.http import require_GET
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import Role, User
from console.accounts.rules import RULES, allows, may, rule
from tests.people import ClientOf, person

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.accounts.urls"),
    pytest.mark.usefixtures("plain_templates"),
]

OPEN_TO: dict[str, set[str | None]] = {
    "public": {"staff", "finance", "auditor", "admin", None},
    "account.self": {"staff", "finance", "auditor", "admin"},
    "overview.view": {"staff", "finance", "auditor", "admin"},
    "keys.view": {"staff", "finance", "auditor", "admin"},
    "keys.check": {"auditor", "admin"},
    "keys.change": {"admin"},
    "keys.imports": {"admin"},
    "keys.review": {"admin"},
    "keys.look_up": {"auditor", "admin"},
    "incidents.view": {"staff", "finance", "auditor", "admin"},
    "incidents.act": {"admin"},
    "alerts.view": {"auditor", "admin"},
    "alerts.change": {"admin"},
    "audit.view": {"staff", "auditor", "admin"},
    "audit.verify": {"auditor", "admin"},
    "audit.export": {"auditor", "admin"},
    "evidence.make": {"auditor", "admin"},
    "prices.view": {"staff", "finance", "auditor", "admin"},
    "prices.review": {"finance", "admin"},
    "prices.confirm": {"finance", "admin"},
    "budgets.view": {"staff", "finance", "auditor", "admin"},
    "budgets.change": {"admin"},
    "usage.adjust": {"admin"},
    "usage.view": {"staff", "finance", "auditor", "admin"},
    "sentinel.change": {"admin"},
    "playground.use": {"staff", "finance", "auditor", "admin"},
    "status.view": {"auditor", "admin"},
    "sandbox.control": set(),
}
EVERY_CASE = list(product(OPEN_TO, [*Role.values, None]))


def test_the_table_above_names_every_rule() -> None:
    assert OPEN_TO.keys() == RULES.keys()


@pytest.mark.parametrize("kind", ["page", "stream"])
@pytest.mark.parametrize(("name", "role"), EVERY_CASE)
def test_opens_to_exactly_these_roles(
    client_of: ClientOf, name: str, role: str | None, kind: str
) -> None:
    browser = client_of(person("p", Role(role))) if role else Client()

    answer = browser.get(f"/{kind}/{name}/")

    if role in OPEN_TO[name]:
        assert (answer.status_code, answer.text) == (200, f"{name} is open")
    elif role is None:
        assert answer.headers["Location"] == f"/account/login/?next=/{kind}/{name}/"
    else:
        expected = 404 if RULES[name].tryout_only else 403
        assert answer.status_code == expected


@pytest.mark.parametrize(("name", "role"), EVERY_CASE)
def test_buttons_follow_the_rules(name: str, role: str | None) -> None:
    user = User(username="p", role=role) if role else AnonymousUser()

    assert allows(user, name) == (role in OPEN_TO[name])
    assert may(user)[name.replace(".", "_")] == (role in OPEN_TO[name])


def test_a_view_without_a_rule_is_closed(client_of: ClientOf, ada: User) -> None:
    assert client_of(ada).get("/forgotten/").status_code == HTTPStatus.FORBIDDEN
    assert Client().get("/forgotten/").status_code == HTTPStatus.FORBIDDEN


def test_an_unknown_rule_stops_the_start() -> None:
    with pytest.raises(KeyError):
        rule("keys.everything")


def test_the_rule_is_seen_through_other_decorators() -> None:
    view = require_GET(rule("public")(lambda request: None))

    assert view.rule == "public"  # type: ignore[attr-defined]
    assert view.login_required is False  # type: ignore[attr-defined]


def test_the_sandbox_is_controlled_in_try_out_mode(
    client_of: ClientOf, sam: User, settings: Settings
) -> None:
    settings.TRYOUT = True

    assert client_of(sam).get("/page/sandbox.control/").status_code == HTTPStatus.OK
    assert allows(sam, "sandbox.control")


def test_somebody_switched_off_is_a_stranger_at_once(
    client_of: ClientOf, ada: User
) -> None:
    browser = client_of(ada)
    assert browser.get("/page/keys.view/").status_code == HTTPStatus.OK

    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert browser.get("/page/keys.view/").status_code == HTTPStatus.FOUND
    ada.is_active = False
    assert not allows(ada, "keys.view")


def test_a_changed_role_counts_at_once(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)

    User.objects.filter(pk=ada.pk).update(role=Role.STAFF)

    answer = browser.get("/page/keys.change/")
    assert answer.status_code == HTTPStatus.FORBIDDEN


class TestStrangers:
    def test_htmx_is_told_to_reload(self) -> None:
        answer = Client().get("/page/keys.view/", headers={"HX-Request": "true"})

        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert answer.headers["HX-Refresh"] == "true"

    def test_a_script_gets_no_page_for_an_answer(self) -> None:
        answer = Client().post(
            "/stream/playground.use/", headers={"Sec-Fetch-Dest": "empty"}
        )

        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert "signed out" in answer.text

    def test_a_form_leads_back_to_its_page(self) -> None:
        answer = Client().post(
            "/page/keys.view/",
            headers={"Referer": "http://testserver/keys/?state=active"},
        )

        assert answer.headers["Location"] == (
            "/account/login/?next=/keys/%3Fstate%3Dactive"
        )

    def test_a_public_view_asks_no_database(
        self,
        client_of: ClientOf,
        ada: User,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        browser = client_of(ada)

        with django_assert_num_queries(0):
            assert browser.get("/page/public/").status_code == HTTPStatus.OK


class TestFreshProof:
    @pytest.fixture
    def late(self, client_of: ClientOf, ada: User) -> Client:
        """A browser in which the admin signed in six minutes ago."""
        browser = client_of(ada)
        session = browser.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time() - 360}
        ]
        session.save()
        return browser

    def test_an_old_sign_in_must_be_confirmed(self, late: Client) -> None:
        answer = late.get("/page/keys.change/?tab=1")

        assert answer.status_code == HTTPStatus.FOUND
        assert answer.headers["Location"] == (
            "/account/reauthenticate/?next=%2Fpage%2Fkeys.change%2F%3Ftab%3D1"
        )

    def test_what_was_sent_is_not_kept(self, late: Client) -> None:
        secret = "xai-" + "Z9y8X7w6V5" * 8

        answer = late.post(
            "/page/keys.change/",
            {"credential_material": secret},
            headers={"Referer": "http://testserver/keys/add/"},
        )

        assert answer.headers["Location"].endswith("?next=%2Fkeys%2Fadd%2F")
        assert secret not in str(dict(late.session))
        assert secret not in str(answer.headers)

    @pytest.mark.parametrize(
        "referer",
        ["", "https://evil.example/keys/", "//evil.example", "javascript:alert(1)"],
    )
    def test_leads_back_to_pages_of_ours_only(self, late: Client, referer: str) -> None:
        answer = late.post("/page/keys.change/", headers={"Referer": referer})

        assert answer.headers["Location"] == "/account/reauthenticate/?next=%2F"

    def test_htmx_is_led_there_too(self, late: Client) -> None:
        answer = late.post(
            "/page/keys.change/",
            headers={
                "HX-Request": "true",
                "HX-Current-URL": "http://testserver/keys/1/",
            },
        )

        assert answer.status_code == HTTPStatus.NO_CONTENT
        assert answer.headers["HX-Redirect"] == (
            "/account/reauthenticate/?next=%2Fkeys%2F1%2F"
        )

    def test_not_in_try_out_mode(self, late: Client, settings: Settings) -> None:
        settings.TRYOUT = True

        assert late.get("/page/keys.change/").status_code == HTTPStatus.OK

    def test_other_rules_do_not_ask(self, late: Client) -> None:
        assert late.get("/page/keys.view/").status_code == HTTPStatus.OK

    def test_a_proof_of_somebody_else_does_not_count(
        self, client_of: ClientOf, ada: User
    ) -> None:
        browser = client_of(ada)
        session = browser.session
        session["account_authentication_methods_user"] = "somebody else"
        session.save()

        answer = browser.get("/page/keys.change/")

        assert answer.status_code == HTTPStatus.FOUND

    def test_the_role_comes_first(self, client_of: ClientOf, sam: User) -> None:
        answer = client_of(sam).get("/page/keys.change/")

        assert answer.status_code == HTTPStatus.FORBIDDEN
