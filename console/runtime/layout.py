"""Where the embedded services keep their files, and the error every part raises."""

from __future__ import annotations

import hashlib
import os
import pwd
import tempfile
from contextlib import suppress
from pathlib import Path

DATABASE = DATABASE_USER = "gatehouse"
POSTGRES_PORT = 5432  # names the socket file; nothing listens on TCP
SOCKET_PATH_LIMIT = 100  # sun_path has room for 107 bytes


class StartError(RuntimeError):
    """Something cannot start; the message is one sentence that says what to do."""


class Layout:
    """The folders below one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.postgres = self.data_dir / "postgres"
        self.valkey = self.data_dir / "valkey"
        self.log = self.data_dir / "log"
        self.run = self.data_dir / "run"
        longest = self.run / f".s.PGSQL.{POSTGRES_PORT}.lock"
        if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
            tag = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
            name = f"gatehouse-{os.getuid()}-{tag}"
            self.run = Path(tempfile.gettempdir()).resolve() / name

    @property
    def postgres_socket(self) -> Path:
        return self.run / f".s.PGSQL.{POSTGRES_PORT}"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    def make(self) -> None:
        """Create the folders, for us alone.

        The mode of `run` is the access control of both services, so a folder that
        somebody else prepared in a shared temp folder is refused.
        """
        try:
            parts = (self.data_dir, self.postgres, self.valkey, self.log, self.run)
            for folder in parts:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.run / "users.lock").open("a").close()
        except OSError as error:
            raise StartError(
                f"{self.data_dir} cannot be written ({error.strerror}): change its "
                "owner, or choose another folder with GATEHOUSE_DATA_DIR."
            ) from None
        owners = {os.getuid()}
        if os.geteuid() == 0:
            owners.add(server_ids()[0])
        status = self.run.lstat()
        if status.st_uid not in owners or status.st_mode & 0o077:
            raise StartError(
                f"{self.run} must belong to the user who starts Gatehouse, with "
                "mode 0700: remove it, or set that owner and mode."
            )


def server_ids() -> tuple[int, int]:
    """Return who runs the servers when we are root; PostgreSQL refuses to be root."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise StartError(
        "The embedded services need a user named postgres or nobody when started as "
        "root: create one, start as an ordinary user, or set DATABASE_URL and "
        "BROKER_URL."
    )
