"""Create .venv and install what the lock files name: needs Python alone.

    python3 console/runtime/bootstrap.py requirements.lock [requirements-test.lock]

The last lock contains those before it. uv does the work; where it cannot reach what
pip can (a mirror, a private certificate), pip installs the same lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)
UV = "uv>=0.8,<1"


class BootstrapError(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> None:
    """Bring the environment to the state of the locks; at once if it is there."""
    locks = [ROOT / name for name in sys.argv[1:]] or [ROOT / "requirements.lock"]
    try:
        check_version(sys.version_info[:2])
        with locks[0].open() as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            install(locks, ROOT / ".venv")
    except OSError as error:
        sys.exit(f"gatehouse: {error.filename} cannot be used: {error.strerror}.")
    except BootstrapError as error:
        sys.exit(f"gatehouse: {error}")


def check_version(version: tuple[int, ...]) -> None:
    """Raise BootstrapError if this version of Python is too old."""
    if version < OLDEST:
        raise BootstrapError(
            f"Gatehouse needs Python 3.11 or newer and {sys.executable} is "
            f"{version[0]}.{version[1]}: name one, as in PYTHON=python3.12."
        )


def install(locks: list[Path], venv: Path) -> None:
    """Install the locks into this environment unless its stamp already names them."""
    stamp = venv / ".installed"
    wanted = [_mark(lock) for lock in locks]
    python = venv / "bin" / "python"
    known = stamp.read_text().split() if stamp.exists() and python.exists() else []
    if set(wanted) <= set(known):
        return
    started = time.monotonic()
    print("Installing the locked requirements ...", file=sys.stderr)
    stamp.unlink(missing_ok=True)
    if not _is_this_python(python):
        _create(venv)
    if not (_install_with_uv(venv, locks[-1]) or _install_with_pip(venv, locks[-1])):
        raise BootstrapError(
            "The requirements could not be installed (the reason is above): check "
            "the connection to the package index, or pip's configuration."
        )
    stamp.write_text("\n".join(wanted))
    print(f"Installed in {time.monotonic() - started:.0f} s.", file=sys.stderr)


def _mark(lock: Path) -> str:
    digest = hashlib.sha256(sys.version.encode() + lock.read_bytes())
    return f"{lock.name}:{digest.hexdigest()}"


def _is_this_python(python: Path) -> bool:
    if not python.exists():
        return False
    ask = "import sys; print(sys.version)"
    return _output(python, "-c", ask) == sys.version


def _create(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], stdout=subprocess.DEVNULL
    )
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        raise BootstrapError(
            f"{sys.executable} cannot make a virtual environment: install its venv "
            "module (on Debian and Ubuntu: apt install python3-venv)."
        )


def _install_with_uv(venv: Path, lock: Path) -> bool:
    python = venv / "bin" / "python"
    uv = shutil.which("uv") or str(venv / "bin" / "uv")
    if not Path(uv).exists() and not _pip(python, UV):
        return False
    command = [uv, "pip", "install", "--quiet", "--python", str(python)]
    command += ["--require-hashes", "-r", str(lock)]
    if subprocess.run(command, env=_uv_environment(python)).returncode == 0:
        return True
    print("uv could not install them; trying pip ...", file=sys.stderr)
    return False


def _install_with_pip(venv: Path, lock: Path) -> bool:
    return _pip(venv / "bin" / "python", "--require-hashes", "-r", str(lock))


def _pip(python: Path, *arguments: str) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", *arguments]
    return subprocess.run([*command, "--disable-pip-version-check"]).returncode == 0


def _uv_environment(python: Path) -> dict[str, str]:
    """Return the environment in which uv sees what pip is configured to use.

    Addresses go this way and not as arguments: they may hold a password.
    """
    from_pip = {
        "UV_DEFAULT_INDEX": _pip_setting(python, "index-url"),
        "UV_EXTRA_INDEX_URL": _pip_setting(python, "extra-index-url"),
        "UV_FIND_LINKS": ",".join(_pip_setting(python, "find-links").split()),
        "SSL_CERT_FILE": _pip_setting(python, "cert"),
    }
    return {
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
        # As pip: any index may have the file. The hashes say that it is the right one.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        **{name: value for name, value in from_pip.items() if value},
        **os.environ,
    }


def _pip_setting(python: Path, name: str) -> str:
    """Return what pip would use: its environment first, then its files."""
    variable = "PIP_" + name.replace("-", "_").upper()
    if given := os.environ.get(variable):
        return given
    return _output(python, "-m", "pip", "config", "get", f"global.{name}")


def _output(program: Path, *arguments: str) -> str:
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    main()
