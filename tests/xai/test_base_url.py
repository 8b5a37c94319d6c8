"""Where keys may be sent."""

import httpx
import pytest

from console.xai import AsyncXaiClient, XaiClient
from tests.xai.answering import always


@pytest.mark.parametrize(
    "url",
    [
        "http://api.x.ai",
        "http://127.0.0.1:9999",
        "https://",
        "https://user@api.x.ai",
        "https://u:p@api.x.ai",
        "https://api.x.ai/v1",
        "https://api.x.ai?x=1",
        "https://api.x.ai#x",
        "ftp://api.x.ai",
        "api.x.ai",
        "",
        "https://api.x.ai:port",
        "file:///etc/passwd",
    ],
)
def test_keys_go_to_a_plain_https_address_only(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        XaiClient(url)
    with pytest.raises(ValueError, match="https"):
        AsyncXaiClient(url, transport=httpx.MockTransport(always()))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_plain_http_is_for_this_machine_and_on_request(host: str) -> None:
    client = XaiClient(f"http://{host}:8000/", allow_loopback_http=True)
    client.close()


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", "0.0.0.0", "0x7f1"],
)
def test_plain_http_is_for_no_other_machine(host: str) -> None:
    with pytest.raises(ValueError, match="https"):
        XaiClient(f"http://{host}", allow_loopback_http=True)
