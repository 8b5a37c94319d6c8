"""Settings from the environment: what is taken, and what stops the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from console import env

NAME = "GATEHOUSE_TEST_SETTING"
DEFAULT = {"xai": "https://api.x.ai"}

Given = Callable[[str], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Set the one setting these tests read."""
    return lambda value: monkeypatch.setenv(NAME, value)


def test_an_empty_setting_is_the_default(given: Given) -> None:
    given("  ")

    assert env.text(NAME, "here") == "here"
    assert env.number(NAME, 7) == 7
    assert env.path(NAME, Path("/srv")) == Path("/srv")
    assert env.hosts(NAME, DEFAULT) == DEFAULT
    assert env.database(NAME) is None
    assert env.broker(NAME) == ""


def test_blanks_around_a_value_do_not_count(given: Given) -> None:
    given(" 90 ")

    assert env.seconds(NAME, timedelta(minutes=5)) == timedelta(seconds=90)


@pytest.mark.parametrize("value", ["1", "65535"])
def test_a_number_may_lie_on_its_borders(given: Given, value: str) -> None:
    given(value)

    assert env.number(NAME, 8000, least=1, most=65535) == int(value)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "1.5", "eight", "1_000", "٨"])
def test_any_other_number_stops_the_start(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured) as stopped:
        env.number(NAME, 8000, least=1, most=65535)

    assert str(stopped.value) == f"{NAME} must be a whole number from 1 to 65535."


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param("", Path("/default"), id="unset"),
        pytest.param("/var/log/anchors", Path("/var/log/anchors"), id="a path"),
        pytest.param("off", None, id="off"),
        pytest.param(" OFF ", None, id="off in capitals"),
    ],
)
def test_a_file_can_be_switched_off(
    given: Given, value: str, found: Path | None
) -> None:
    given(value)

    assert env.path_or_off(NAME, Path("/default")) == found


@pytest.mark.parametrize(
    ("value", "found"), [("", None), (" ", None), ("/etc/prices", Path("/etc/prices"))]
)
def test_a_file_may_be_none(given: Given, value: str, found: Path | None) -> None:
    given(value)

    assert env.path_or_none(NAME) == found


def test_hosts_keep_their_order_and_bare_ones_are_named_by_themselves(
    given: Given,
) -> None:
    given("b=https://b.example/, https://a.example:8443,here=http://127.0.0.1:9,")

    assert list(env.hosts(NAME, DEFAULT).items()) == [
        ("b", "https://b.example"),
        ("a.example", "https://a.example:8443"),
        ("here", "http://127.0.0.1:9"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("xai=http://api.x.ai", id="a key in the clear"),
        pytest.param("xai=http://127.0.0.1.example", id="like this machine"),
        pytest.param("xai=ftp://api.x.ai", id="another scheme"),
        pytest.param("xai=api.x.ai", id="no scheme"),
        pytest.param("xai=https://", id="no host"),
        pytest.param("xai=https://api.x.ai:port", id="no port"),
        pytest.param("xai=https://[api.x.ai", id="half an address"),
        pytest.param(
            "xai=https://a.example,xai=https://b.example", id="one name twice"
        ),
        pytest.param("https://a.example,https://a.example/v2", id="one host twice"),
    ],
)
def test_a_host_no_key_may_be_sent_to_stops_the_start(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured, match="must be a list of name=https"):
        env.hosts(NAME, DEFAULT)


def test_a_database_address_becomes_its_parts(given: Given) -> None:
    given("postgresql://gate:p%2Fw%40rd@db.example:5433/house")

    assert env.database(NAME) == {
        "NAME": "house",
        "USER": "gate",
        "PASSWORD": "p/w@rd",
        "HOST": "db.example",
        "PORT": "5433",
    }


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("mysql://gate:hunter2@db/house", id="another database"),
        pytest.param("postgresql://gate:hunter2@db", id="no name"),
        pytest.param("postgresql://gate:hunter2@db:port/house", id="no port"),
        pytest.param("postgresql://gate:hunter2/x@db/house", id="slash in a password"),
        pytest.param("postgresql://gate:hunter2@[db/house", id="half an address"),
    ],
)
def test_a_wrong_database_address_is_never_repeated(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured) as stopped:
        env.database(NAME)

    assert str(stopped.value).startswith(f"{NAME} must look like postgresql://")
    assert "hunter2" not in str(stopped.value)
    assert stopped.value.__cause__ is None


@pytest.mark.parametrize("value", ["redis://:hunter2@mq:6379/0", "rediss://mq"])
def test_a_broker_is_a_redis(given: Given, value: str) -> None:
    given(value)

    assert env.broker(NAME) == value


@pytest.mark.parametrize(
    "value", ["amqp://:hunter2@mq", "mq:6379", "redis://", "redis://:hunter2/x@mq"]
)
def test_any_other_broker_stops_the_start(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured) as stopped:
        env.broker(NAME)

    assert "hunter2" not in str(stopped.value)


@pytest.mark.parametrize(
    "url", ["gatehouse.example", "ftp://a", "https://", "https://["]
)
def test_our_own_address_has_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        env.host_of(url)


def test_the_host_of_our_own_address_has_no_port() -> None:
    assert env.host_of("https://gatehouse.example:8443/") == "gatehouse.example"


@pytest.mark.parametrize("value", ["", "x" * 20, "3f" * 32])
def test_a_token_is_long_or_not_there(given: Given, value: str) -> None:
    given(value)

    assert env.token(NAME) == value


@pytest.mark.parametrize("value", ["x" * 19, "é" * 20, "x" * 20 + "\t" + "x"])
def test_any_other_token_stops_the_start_and_is_not_repeated(
    given: Given, value: str
) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured) as stop:
        env.token(NAME)

    assert value not in str(stop.value)


def test_a_secret_file_is_made_once_for_its_owner_alone(
    given: Given, tmp_path: Path
) -> None:
    given("")
    file = tmp_path / "new" / "secret-key"

    secret = env.secret_file(NAME, file)

    assert len(secret) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert env.secret_file(NAME, file) == secret


def test_a_secret_file_that_was_named_is_never_made(
    given: Given, tmp_path: Path
) -> None:
    given(str(tmp_path / "absent"))

    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret_file(NAME, tmp_path / "default")

    assert list(tmp_path.iterdir()) == []


def test_a_short_secret_stops_the_start_and_is_not_repeated(
    given: Given, tmp_path: Path
) -> None:
    (tmp_path / "short").write_text("hunter2\n")
    given(str(tmp_path / "short"))

    with pytest.raises(ImproperlyConfigured) as stopped:
        env.secret_file(NAME, tmp_path / "default")

    assert "hunter2" not in str(stopped.value)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("smtp://mail.example", ("mail.example", 587, "", "", False, True)),
        (
            "smtp://u:p%40ss@mail.example:25",
            ("mail.example", 25, "u", "p@ss", False, True),
        ),
        ("smtps://u:p@mail.example", ("mail.example", 465, "u", "p", True, False)),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, "", "", False, False)),
    ],
)
def test_a_mail_server_becomes_its_parts(
    given: Given, value: str, parts: tuple[object, ...]
) -> None:
    given(value)

    server = env.mail_server(NAME)

    assert server is not None
    told = (server.host, server.port, server.user, server.password)
    assert (*told, server.tls, server.starttls) == parts
    assert "p@ss" not in repr(server)


def test_no_mail_server_is_none(given: Given) -> None:
    given("")

    assert env.mail_server(NAME) is None


@pytest.mark.parametrize(
    "value",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://user:s3cret/x@mail.example",
        "smtp://user:s3cret@mail.example:port",
        "smtp://user:s3cret@mail.example/?tls=no",
    ],
)
def test_a_wrong_mail_server_is_never_repeated(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.mail_server(NAME)

    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("value", ["nobody", "a@b, c@d", "a b@c", "<a@b>", "a@b@c"])
def test_a_sender_is_one_address(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured, match="one address"):
        env.mail_address(NAME, "a@b.example")


def test_names_of_hosts_are_a_set_in_small_letters(given: Given) -> None:
    given("Chat.Internal, 10.0.0.7,,::1")

    assert env.names(NAME) == {"chat.internal", "10.0.0.7", "::1"}


@pytest.mark.parametrize("value", ["http://chat", "*.internal", "10.0.0.0/8", "a b"])
def test_a_host_is_no_address_and_no_pattern(given: Given, value: str) -> None:
    given(value)

    with pytest.raises(ImproperlyConfigured, match="host names"):
        env.names(NAME)
