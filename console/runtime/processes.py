"""The processes of one instance, and how to see that each is ready."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from console.runtime.layout import StartError
from console.runtime.supervise import Child

XAI = "xai=https://api.x.ai"


def check_sandbox_port(port: int) -> None:
    """Raise StartError when something else listens on the sandbox's kept port."""
    try:
        check_port("127.0.0.1", port)
    except StartError:
        raise StartError(
            f"Port {port} of the sandbox is taken: stop the other Gatehouse of this "
            "data folder, or choose another folder with GATEHOUSE_DATA_DIR."
        ) from None


def check_port(address: str, port: int) -> None:
    """Raise StartError when something else listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            raise StartError(
                f"Port {port} needs root: choose one above 1023 with PORT=8000."
            ) from None
        except OSError as error:
            raise StartError(
                f"Port {port} of {address} cannot be used ({error.strerror}): choose "
                f"another, for instance with PORT={port + 1 if port < 65535 else 8000}."
            ) from None


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the children may know: no key and no password; `prepare` had them."""
    passed = dict(environment)
    passed.pop("GATEHOUSE_DEMO_PASSWORD", None)
    if passed.pop("XAI_API_KEY", "").strip() and not passed.get("XAI_HOSTS"):
        passed["XAI_HOSTS"] = XAI  # without it and the key, this were try-out mode
    return passed


def sandbox(url: str, *, data_dir: Path, environment: Mapping[str, str]) -> Child:
    """The sandbox upstream of try-out mode."""
    port = urlsplit(url).port or 0
    state = data_dir / "sandbox.json"
    arguments = ["--port", str(port), "--state", str(state)]
    return Child(
        name="sandbox",
        command=[sys.executable, "-m", "console.sandbox", *arguments],
        environment=environment,
        is_ready=lambda: _listens("127.0.0.1", port),
    )


def web(*, address: str, port: int, environment: Mapping[str, str]) -> Child:
    """The web process."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    return Child(
        name="web",
        command=[sys.executable, "-m", "console.serve"],
        environment=environment,
        is_ready=lambda: _answers(host, port),
    )


def worker(*, environment: Mapping[str, str]) -> Child:
    """Celery's worker; four threads, since its tasks wait for the network."""
    options = ["--pool", "threads", "-c", "4", "--without-gossip", "--without-mingle"]
    return Child(
        name="worker",
        command=[*_celery("console.celery", "worker"), *options],
        environment={**environment, "PYTHONWARNINGS": _quiet(environment)},
    )


def beat(*, environment: Mapping[str, str]) -> Child:
    """Celery's beat; it needs no memory, since PostgreSQL is the schedule."""
    options = ["-S", "celery.beat.Scheduler", "--pidfile="]
    return Child(
        name="beat",
        command=[*_celery("console.beat", "beat"), *options],
        environment=environment,
    )


def _celery(application: str, command: str) -> list[str]:
    base = [sys.executable, "-m", "celery", "-A", application, "--quiet"]
    return [*base, command, "-l", "WARNING"]


def _quiet(environment: Mapping[str, str]) -> str:
    # Celery warns root of pickled tasks; ours are JSON.
    superuser = "ignore::UserWarning:celery.platforms"
    return ",".join(filter(None, [environment.get("PYTHONWARNINGS"), superuser]))


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
