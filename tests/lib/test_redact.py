"""No log line and no error report holds a secret, whichever way it got in."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.module_loading import import_string
from django.views.debug import ExceptionReporter
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from console.lib.redact import (
    REDACTED,
    LineFormatter,
    RedactFilter,
    escaped,
    holds_secret,
    redact,
)

CANARY = "xai-" + "Z9y8X7w6V5" * 8
VIRTUAL = "xvk_" + "a1B2c3D4" * 4
Logged = tuple[logging.Logger, io.StringIO]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """A logger set up as the settings do, and what it wrote."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactFilter())
    handler.setFormatter(LineFormatter())
    logger = logging.Logger("canary")
    logger.addHandler(handler)
    yield logger, out
    handler.close()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param(CANARY, "", id="alone"),
        pytest.param(f"key={CANARY}&x=1", "&x=1", id="query"),
        pytest.param(f"'{CANARY}'", "'", id="quoted"),
        pytest.param(f"a {VIRTUAL} b", " b", id="virtual key"),
        pytest.param(f"bearer {CANARY}", "bearer", id="bearer"),
        pytest.param("Bearer abc.def-ghi", "Bearer", id="another bearer"),
        pytest.param("Authorization: Basic YTpi", "Authorization", id="basic"),
        pytest.param("{'authorization': 'Token s3cr3t'}", "authorization", id="dict"),
        pytest.param(
            "(b'Authorization', b'Token s3cr3t')", "Authorization", id="bytes"
        ),
        pytest.param(
            "Cookie: gatehouse-session-8000=s3cr3t; a=b", "Cookie", id="cookie"
        ),
        pytest.param(
            "set-cookie: __Host-session=s3cr3t", "set-cookie", id="set-cookie"
        ),
        pytest.param("gatehouse-csrf-8000=s3cr3t", "gatehouse-csrf", id="csrf"),
        pytest.param("postgresql://u:s3cr3t@db/x", "@db/x", id="address"),
        pytest.param("redis://:s3cr3t@broker", "@broker", id="address, no name"),
        pytest.param("data " + "QUJD" * 100, "data", id="long base64"),
    ],
)
def test_hides_secrets_and_nothing_else(text: str, kept: str) -> None:
    clean = redact(text)

    assert REDACTED in clean
    assert kept in clean
    for secret in (CANARY, VIRTUAL, "s3cr3t", "YTpi", "abc.def", "QUJDQUJD"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "GET /keys/ 200",
        "key xai-…9f2c of team Search",
        "xai-api-docs",
        "model grok-4.20-0309-reasoning",
        "3f6c1a52-9f0b-4e53-9f6e-1c2d3e4f5a6b",
        "http://127.0.0.1:8000/a:b@c",
        "The author's cookies were good",
    ],
)
def test_leaves_ordinary_text_alone(text: str) -> None:
    assert redact(text) == text
    assert not holds_secret(text)


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_finds_a_secret_in_any_surroundings(before: str, after: str) -> None:
    assert CANARY not in redact(before + CANARY + after)
    assert holds_secret(before + CANARY + after)


def _leak(text: str) -> None:
    kept = {"deep": [text]}
    raise ValueError(f"cannot use {kept}")


class TestLogging:
    @pytest.mark.parametrize(
        "say",
        [
            pytest.param(lambda log: log.error(f"with {CANARY}"), id="message"),
            pytest.param(lambda log: log.error("with %s", CANARY), id="argument"),
            pytest.param(
                lambda log: log.error("%s%s", "xai-", CANARY[4:]), id="halves"
            ),
            pytest.param(lambda log: log.error("%(k)s", {"k": CANARY}), id="mapping"),
            pytest.param(lambda log: log.error("%r", {"a": [CANARY]}), id="nested"),
            pytest.param(lambda log: log.error("%d", CANARY), id="wrong argument"),
            pytest.param(lambda log: log.error("x", extra={"k": CANARY}), id="extra"),
            pytest.param(
                lambda log: log.error("x", extra={"k": {"a": (CANARY,)}}),
                id="deep extra",
            ),
            pytest.param(lambda log: log.error("x", stack_info=True), id="stack"),
        ],
    )
    def test_no_way_of_saying_it_gets_through(
        self, logged: Logged, say: Callable[[logging.Logger], None]
    ) -> None:
        logger, out = logged

        say(logger)

        assert out.getvalue()
        assert CANARY not in out.getvalue()

    def test_tracebacks_stay_useful_and_clean(self, logged: Logged) -> None:
        logger, out = logged

        try:
            _leak(CANARY)
        except ValueError:
            logger.exception("failed with %s", CANARY)

        assert CANARY not in out.getvalue()
        assert "ValueError: cannot use" in out.getvalue()
        assert "in _leak" in out.getvalue()

    def test_causes_of_causes_are_clean(self, logged: Logged) -> None:
        logger, out = logged

        try:
            try:
                _leak(CANARY)
            except ValueError as error:
                raise RuntimeError(CANARY) from error
        except RuntimeError:
            logger.exception("failed")

        assert "direct cause" in out.getvalue()
        assert CANARY not in out.getvalue()

    def test_later_handlers_get_a_clean_record(self, logged: Logged) -> None:
        logger, _ = logged
        later = io.StringIO()
        logger.addHandler(logging.StreamHandler(later))

        try:
            _leak(CANARY)
        except ValueError:
            logger.exception("failed", extra={"k": CANARY})

        assert "ValueError" in later.getvalue()
        assert CANARY not in later.getvalue()

    def test_extra_fields_are_cleaned_in_the_record(self) -> None:
        record = logging.makeLogRecord({"msg": "x", "k": {CANARY: [CANARY, 1, None]}})

        RedactFilter().filter(record)

        assert vars(record)["k"] == {REDACTED: [REDACTED, 1, None]}

    def test_arguments_that_do_not_fit_are_still_logged(self, logged: Logged) -> None:
        logger, out = logged

        logger.error("%s and %s", "one")

        assert "%s and %s (its arguments do not fit)" in out.getvalue()

    def test_is_on_every_handler_of_ours(self) -> None:
        logging_settings: Any = settings.LOGGING
        handlers = logging_settings["handlers"].values()
        filters = logging_settings["filters"]

        assert all(each["filters"] == ["redact"] for each in handlers)
        assert import_string(filters["redact"]["()"]) is RedactFilter


class TestLines:
    @pytest.mark.parametrize(
        "sign", ["\n", "\r", "\x1b[2J", "\x00", "\u2028", "\u202e", "\x85", "\x7f"]
    )
    def test_one_event_is_one_line_whatever_it_says(
        self, logged: Logged, sign: str
    ) -> None:
        logger, out = logged

        logger.warning("before%safter", sign)

        assert len(out.getvalue().splitlines()) == 1
        assert sign not in out.getvalue().removesuffix("\n")

    def test_says_when_how_bad_and_who(self, logged: Logged) -> None:
        logger, out = logged

        logger.warning("the poller is silent")

        when, rest = out.getvalue().split(" ", 1)
        assert when.endswith("+00:00")
        assert rest == "WARNING canary the poller is silent\n"

    def test_no_exception_can_pass_for_an_event(self, logged: Logged) -> None:
        logger, out = logged

        try:
            raise ValueError("\n2026-06-20T12:00:00.000+00:00 INFO canary all is well")
        except ValueError:
            logger.exception("failed")

        first, *rest = out.getvalue().splitlines()
        assert first.endswith("ERROR canary failed")
        assert all(line.startswith("  | ") for line in rest)

    def test_other_letters_stay_readable(self) -> None:
        assert escaped("Größe 数 é ✓") == "Größe 数 é ✓"


class TestReports:
    @pytest.fixture
    def request_(self) -> HttpRequest:
        request = RequestFactory().post(
            "/keys/add/",
            {"credential_material": CANARY, "label": "search"},
            headers={"Authorization": f"Bearer {CANARY}", "X-Odd": CANARY},
        )
        request.COOKIES["gatehouse-session-8000"] = "s3cr3t"
        return request

    @pytest.mark.parametrize("kind", ["text", "html"])
    @pytest.mark.parametrize("debug", [False, True])
    def test_no_report_shows_what_was_sent_or_held(
        self, request_: HttpRequest, kind: str, debug: bool, settings: Settings
    ) -> None:
        settings.DEBUG = debug

        report = _report(request_, kind)

        assert "_hold" in report
        for secret in (CANARY, "s3cr3t"):
            assert secret not in report

    def test_names_stay(self, request_: HttpRequest) -> None:
        report = _report(request_, "text")

        assert "credential_material" in report
        assert "label" in report


def _hold(text: str) -> None:
    halves = (text[:40], text[40:])
    raise RuntimeError(f"{len(halves)} halves")


def _report(request: HttpRequest, kind: str) -> str:
    try:
        _hold(CANARY)
    except RuntimeError:
        error: tuple[type[BaseException], BaseException, TracebackType | None]
        error = sys.exc_info()  # type: ignore[assignment]
        reporter = ExceptionReporter(request, *error)
        if kind == "html":
            return reporter.get_traceback_html()
        return reporter.get_traceback_text()
    raise AssertionError("nothing was raised")
