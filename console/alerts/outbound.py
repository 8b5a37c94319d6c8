"""The guard before every webhook: where a message may go, and how it gets there.

    address -> rules of spelling -> resolved here -> every answer checked
                                                         |
                        connected to the very address that was checked

Whoever may enter an address must not reach our own network with it, whatever its
spelling, its name server or its redirects say. Only GATEHOUSE_ALERT_PRIVATE_HOSTS
opens a way inside. Of an answer nothing is kept but its status.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings

Address: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]

CONNECT, READ = timedelta(seconds=5), timedelta(seconds=10)
ALTOGETHER = timedelta(seconds=20)  # however slowly the bytes come
MOST_READ = 4096  # bytes of an answer, so that it can end
PORTS_FROM = 1024  # below it only 443: other services live there

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
VISIBLE = re.compile(r"[!-~]+", re.ASCII)
# A last label like this is read as a number by some parser or other.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Beside what `is_global` leaves out: addresses that hold or lead to others.
REFUSED: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/8",  # unspecified, loopback, IPv4-mapped and -compatible
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",  # unique local
        "fe80::/10",
        "fec0::/10",  # site local
        "ff00::/8",
    )
)


class Refused(ValueError):
    """This address may not be called. `sentence` says why, in our words."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoAnswer(Exception):
    """The receiver gave no answer. `sentence` says why, in our words."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Target:
    """An address whose spelling is in order."""

    scheme: str
    host: str  # a name, or an IP that the operator allows; IPv6 without brackets
    port: int
    path: str  # with the query
    allowed: bool  # by the operator to be private, and to be called without TLS

    @property
    def origin(self) -> str:
        """Return scheme, host and port, as a Host header has the latter two."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Return host and port; a usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def parse(text: str) -> Target:
    """Read an address and judge its spelling. Raises Refused; nothing is asked."""
    if not VISIBLE.fullmatch(text) or "\\" in text or len(text) > 2000:
        raise Refused("Write the address in plain ASCII, without blanks.")
    url, port = _split(text)
    if "@" in url.netloc:
        raise Refused("The address must not hold a name or password.")
    if url.fragment or "#" in text:
        raise Refused("The address must not hold a #.")
    host = (url.hostname or "").lower()
    allowed = host in settings.ALERT_PRIVATE_HOSTS
    if url.scheme != "https" and not (url.scheme == "http" and allowed):
        raise Refused("The address must start with https://.")
    if not allowed:
        _check_name(host)
    port = port or (443 if url.scheme == "https" else 80)
    if not allowed and port != 443 and port < PORTS_FROM:
        raise Refused(f"The port must be 443, or {PORTS_FROM} and above.")
    path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
    return Target(url.scheme, host, port, path, allowed)


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise Refused("This is not a web address.") from None
    odd = "[" in url.netloc and ":" not in (url.hostname or "")
    if odd or port == 0 or url.netloc.endswith(":"):
        raise Refused("This is not a web address.")
    return url, port


def _check_name(host: str) -> None:
    if not host or ":" in host or NUMBER.fullmatch(host.rpartition(".")[2]):
        raise Refused(
            "Write the name of a host. IP addresses are for hosts that the operator "
            "lists in GATEHOUSE_ALERT_PRIVATE_HOSTS."
        )
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise Refused("This is not the name of a host.")


def resolve(target: Target, resolver: Resolver | None = None) -> str:
    """Return the address to connect to, checked. Raises Refused or NoAnswer.

    One forbidden address among several is enough to refuse: a name that answers with
    two is trying something, or is mistaken.
    """
    try:
        found = (resolver or system_resolver)(target.host, target.port)
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise NoAnswer("The name of the receiver's host is not known.")
    for text in found:
        if not _may_call(text, target):
            raise Refused(
                "The address leads into a private network. The operator can allow "
                "its host in GATEHOUSE_ALERT_PRIVATE_HOSTS."
            )
    return found[0]


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the system for all addresses of a name."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


def _may_call(text: str, target: Target) -> bool:
    try:
        address = ip_address(text)
    except ValueError:  # such as one with a zone
        return False
    if target.allowed:
        return text == target.host or not _is_special(address)
    return is_public(address)


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to one receiver out in the internet."""
    inside = any(
        network.version == address.version and address in network for network in REFUSED
    )
    return address.is_global and not address.is_multicast and not inside


def _is_special(address: Address) -> bool:
    """Tell of addresses that are no host's, or answer with a machine's credentials."""
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (isinstance(address, IPv6Address) and address.ipv4_mapped is not None)
    )


def check(text: str, resolver: Resolver | None = None) -> Target:
    """Judge an address before it is stored. Raises Refused.

    A name that is not known now may be later, so that does not refuse it.
    """
    target = parse(text)
    with suppress(NoAnswer):
        resolve(target, resolver)
    return target


def post(
    text: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    resolver: Resolver | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> int:
    """Send a body and return the status of the answer. Raises Refused or NoAnswer.

    The address is judged anew. Blocks for ALTOGETHER at most; no row may be held.
    """
    target = parse(text)
    address = resolve(target, resolver)
    try:
        return asyncio.run(_post(target, address, headers, body, transport))
    except TimeoutError:
        raise NoAnswer("The receiver took too long.") from None


async def _post(
    target: Target,
    address: str,
    headers: Mapping[str, str],
    body: bytes,
    transport: httpx.AsyncBaseTransport | None,
) -> int:
    where = f"[{address}]" if ":" in address else address
    timeout = httpx.Timeout(READ.total_seconds(), connect=CONNECT.total_seconds())
    client = httpx.AsyncClient(
        transport=transport,
        verify=_trust(),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
    )
    request = client.build_request(
        "POST",
        httpx.URL(f"{target.scheme}://{where}:{target.port}").copy_with(
            raw_path=target.path.encode()
        ),
        headers={
            **headers,
            "Host": target.authority,
            "User-Agent": "Gatehouse",
            "Accept-Encoding": "identity",
        },
        content=body,
        extensions={"sni_hostname": target.host},
    )
    async with asyncio.timeout(ALTOGETHER.total_seconds()), client:
        try:
            response = await client.send(request, stream=True)
        except httpx.TimeoutException:
            raise NoAnswer("The receiver did not answer in time.") from None
        except httpx.ConnectError:
            raise NoAnswer(
                "The receiver cannot be reached, or its certificate does not fit."
            ) from None
        except httpx.HTTPError:
            raise NoAnswer("The receiver broke off or answered no HTTP.") from None
        await _read_a_little(response)
        return response.status_code


@cache
def _trust() -> ssl.SSLContext:
    """Return whom to trust; reading the certificates takes 20 ms, so once."""
    return httpx.create_ssl_context(trust_env=False)


async def _read_a_little(response: httpx.Response) -> None:
    """Let a short answer end; what it says does not matter."""
    size = 0
    with suppress(httpx.HTTPError):  # the status came, and it is what counts
        async for part in response.aiter_raw():
            size += len(part)
            if size > MOST_READ:
                break
    await response.aclose()
