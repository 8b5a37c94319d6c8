"""The guard: no spelling of an address reaches our own network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from pytest_django import Settings

from console.alerts import outbound

PUBLIC = "93.184.215.14"


async def endless() -> AsyncIterator[bytes]:
    """Never stop talking; whoever reads on hangs."""
    while True:
        yield b"x" * 1000


class Wire:
    """What would have gone out, and what the name server says."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.sent: list[httpx.Request] = []
        self.asked: list[str] = []
        self.answers = list(answers)

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Answer with the next list; the last one stays."""
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def post(self, url: str, *, status: int = 200, **headers: str) -> int:
        """Send one body through the guard."""

        def answer(request: httpx.Request) -> httpx.Response:
            self.sent.append(request)
            return httpx.Response(status, headers=headers, content=endless())

        return outbound.post(
            url,
            headers={"X-Test": "1"},
            body=b"{}",
            resolver=self.resolve,
            transport=httpx.MockTransport(answer),
        )


SPELLINGS = [
    "http://hooks.example.com/",
    "HTTP://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "",
    "https://",
    "https:///path",
    "https://?x",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://8.8.8.8/",  # public, but no name
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2001:4860:4860::8888]/",
    "https://[::1/",
    "https://::1/",
    "https://user@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com:443@127.0.0.1/",
    "https://hooks.example.com%40127.0.0.1/",
    "https://@hooks.example.com/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://127.0.0.1\\hooks.example.com/",
    "https:\\\\127.0.0.1/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:25/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:-1/",
    "https://hooks.example.com:443x/",
    "https://hooks.example.com:/",
    "https://hooks.example.com./",
    "https://.hooks.example.com/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    "https://hooks_.example.com/",
    "https://hooks.example.com /",
    " https://hooks.example.com/",
    "https://hooks.example.com/\r\nHost: localhost",
    "https://hooks.example.com/\x00",
    "https://hooks.example.com/\t",
    "https://hooks.example.com/#@localhost",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",  # ideographic full stops
    "https://127．0．0．1/",
    "https://127｡0｡0｡1/",
    "https://ⓛocalhost/",
    "https://hooks.example.com⁄@localhost/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "com/",
    "https://hooks.example.com/" + "a" * 2000,
    "https://*.example.com/",
    "https://localhost%00.example.com/",
    "https://hooks.example.com%2f@localhost/",
    "https://[v1.fe80]/",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_such_spelling_is_sent_to_or_even_looked_up(url: str) -> None:
    wire = Wire([PUBLIC])

    with pytest.raises(outbound.Refused):
        wire.post(url)
    with pytest.raises(outbound.Refused):
        outbound.check(url, wire.resolve)

    assert (wire.sent, wire.asked) == ([], [])


INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.215.14",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
]


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("beside", [[], [PUBLIC]], ids=["alone", "beside a public one"])
@pytest.mark.parametrize("name", ["localhost", "hooks.example.com", "metadata"])
def test_no_name_that_leads_inside_is_connected_to(
    name: str, beside: list[str], address: str
) -> None:
    wire = Wire([*beside, address])

    with pytest.raises(outbound.Refused, match="private network"):
        wire.post(f"https://{name}/")
    with pytest.raises(outbound.Refused, match="private network"):
        outbound.check(f"https://{name}/", wire.resolve)

    assert wire.sent == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700:4700::1111"])
def test_a_public_receiver_is_connected_to_by_the_address_that_was_checked(
    address: str,
) -> None:
    wire = Wire([address], ["127.0.0.1"])  # another answer for whoever asks again

    assert wire.post("https://Hooks.Example.com:8443/a/b?c=d") == 200

    (request,) = wire.sent
    assert request.url.host == address
    assert request.url.port == 8443
    assert request.url.raw_path == b"/a/b?c=d"
    assert request.headers["Host"] == "hooks.example.com:8443"
    assert request.extensions["sni_hostname"] == "hooks.example.com"
    assert request.headers["X-Test"] == "1"
    assert wire.asked == ["hooks.example.com"]


def test_a_name_that_turns_inside_after_it_was_saved_is_refused_at_sending() -> None:
    wire = Wire([PUBLIC], ["10.0.0.7"])
    outbound.check("https://hooks.example.com/", wire.resolve)

    with pytest.raises(outbound.Refused):
        wire.post("https://hooks.example.com/")

    assert wire.sent == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    wire = Wire([PUBLIC])

    answer = wire.post(
        "https://hooks.example.com/", status=status, Location="http://127.0.0.1/"
    )

    assert answer == status
    assert len(wire.sent) == 1


def test_a_name_nobody_knows_may_be_saved_and_is_no_answer() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError

    outbound.check("https://hooks.example.com/", unknown)

    with pytest.raises(outbound.NoAnswer, match="not known"):
        outbound.post(
            "https://hooks.example.com/", headers={}, body=b"", resolver=unknown
        )


@pytest.mark.parametrize(
    ("allowed", "url", "address"),
    [
        ("chat.internal", "https://chat.internal/x", "10.0.0.7"),
        ("chat.internal", "http://chat.internal:8065/x", "192.168.0.9"),
        ("chat.internal", "http://chat.internal/x", "fd00::9"),
        ("10.0.0.7", "https://10.0.0.7/x", "10.0.0.7"),
        ("127.0.0.1", "http://127.0.0.1:9000/x", "127.0.0.1"),
        ("::1", "http://[::1]:9000/x", "::1"),
    ],
)
def test_the_operator_opens_a_way_inside_for_one_host(
    settings: Settings, allowed: str, url: str, address: str
) -> None:
    settings.ALERT_PRIVATE_HOSTS = frozenset({allowed})
    wire = Wire([address])

    assert wire.post(url) == 200

    assert wire.sent[0].url.host == address
    with pytest.raises(outbound.Refused):
        wire.post("https://other.internal/x")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "0.0.0.0", "ff02::1"]
)
def test_an_allowed_name_still_leads_to_no_credentials_of_the_machine(
    settings: Settings, address: str
) -> None:
    settings.ALERT_PRIVATE_HOSTS = frozenset({"chat.internal"})
    wire = Wire([address])

    with pytest.raises(outbound.Refused):
        wire.post("https://chat.internal/")

    assert wire.sent == []


@pytest.mark.parametrize(
    "trouble",
    [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError],
)
def test_trouble_on_the_way_is_no_answer_in_our_own_words(
    trouble: type[httpx.TransportError],
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise trouble("secret detail")

    with pytest.raises(outbound.NoAnswer) as told:
        outbound.post(
            "https://hooks.example.com/",
            headers={},
            body=b"",
            resolver=lambda host, port: [PUBLIC],
            transport=httpx.MockTransport(fail),
        )

    assert "secret detail" not in told.value.sentence
