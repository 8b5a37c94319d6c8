"""Where the sandbox upstream of try-out mode listens.

The port is chosen once and kept in the data folder: stored keys are bound to their
upstream's address, and commands in another terminal must find the same one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, MutableMapping
from hashlib import sha256
from pathlib import Path

from console.runtime.layout import StartError

PORT_FILE = "sandbox.port"


def data_dir(environment: Mapping[str, str], project: Path) -> Path:
    """Return the data folder, as the settings will see it."""
    chosen = environment.get("GATEHOUSE_DATA_DIR", "").strip()
    return Path(chosen).expanduser().absolute() if chosen else project / "var"


def is_tryout(environment: Mapping[str, str]) -> bool:
    """Return whether no upstream is named, so that the sandbox stands in for it."""
    return not any(
        environment.get(name, "").strip() for name in ("XAI_API_KEY", "XAI_HOSTS")
    )


def choose_sandbox(environment: MutableMapping[str, str], folder: Path) -> None:
    """Put the sandbox's address into the environment, if this is try-out mode."""
    if is_tryout(environment):
        port = sandbox_port(folder)
        environment["GATEHOUSE_SANDBOX_URL"] = f"http://127.0.0.1:{port}"


def sandbox_port(folder: Path) -> int:
    """Return the port kept in this data folder; choose and keep one the first time."""
    if kept := kept_port(folder):
        return kept
    port = _free_port(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / PORT_FILE).write_text(f"{port}\n")
    except OSError as error:
        raise _unusable(folder, error) from None
    return port


def kept_port(folder: Path) -> int | None:
    """Return the port kept in this data folder; None before the first start."""
    try:
        return int((folder / PORT_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        raise _unusable(folder, error) from None


def _free_port(folder: Path) -> int:
    # Below the range from which the kernel lends ports to clients, so that it is
    # still free at the next start; spread by folder, so that two instances differ.
    first = 20_000 + int(sha256(os.fsencode(folder)).hexdigest(), 16) % 10_000
    for port in range(first, first + 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartError(f"No port from {first} to {first + 99} is free for the sandbox.")


def _unusable(folder: Path, error: OSError) -> StartError:
    return StartError(
        f"{folder} cannot be used ({error.strerror}): change its owner, or choose "
        "another folder with GATEHOUSE_DATA_DIR."
    )
