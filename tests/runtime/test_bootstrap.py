"""The bootstrap: what it says when it cannot, and that it does nothing twice."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console.runtime import bootstrap

LOCK = "requirements.lock"


@pytest.fixture
def bare_project(tmp_path: Path) -> Path:
    """A project with an empty lock, so that nothing need be downloaded."""
    script = tmp_path / "console" / "runtime" / "bootstrap.py"
    script.parent.mkdir(parents=True)
    script.write_text(Path(bootstrap.__file__).read_text())
    (tmp_path / LOCK).write_text("# nothing\n")
    (tmp_path / "requirements-test.lock").write_text("# nothing either\n")
    return tmp_path


@pytest.fixture
def project(bare_project: Path) -> Path:
    """The same, with an environment, since making one takes seconds."""
    python = bare_project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return bare_project


def run(
    project: Path, *locks: str, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, str(project / "console/runtime/bootstrap.py"), *locks],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def fake_uv(project: Path, script: str) -> str:
    """Put a program named uv into a folder and return a PATH that finds it first."""
    folder = project / "bin"
    folder.mkdir()
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:{os.environ['PATH']}"


def test_makes_the_environment_once(bare_project: Path) -> None:
    project = bare_project
    path = fake_uv(project, f"echo called >> {project}/calls")

    first = run(project, LOCK, PATH=path)
    second = run(project, LOCK, PATH=path)

    assert first.returncode == second.returncode == 0
    assert (project / "calls").read_text() == "called\n"
    assert second.stderr == ""


def test_the_test_lock_serves_for_both(project: Path) -> None:
    path = fake_uv(project, f"echo called >> {project}/calls")

    run(project, LOCK, "requirements-test.lock", PATH=path)
    run(project, LOCK, PATH=path)
    run(project, LOCK, "requirements-test.lock", PATH=path)

    assert (project / "calls").read_text() == "called\n"


def test_a_changed_lock_is_installed(project: Path) -> None:
    path = fake_uv(project, f"echo called >> {project}/calls")
    run(project, LOCK, PATH=path)

    (project / LOCK).write_text("# changed\n")
    run(project, LOCK, PATH=path)

    assert (project / "calls").read_text() == "called\ncalled\n"


def test_uv_sees_what_pip_is_configured_to_use(project: Path) -> None:
    path = fake_uv(project, f"env > {project}/environment")

    run(
        project,
        LOCK,
        PATH=path,
        PIP_INDEX_URL="https://mirror.example/simple",
        PIP_EXTRA_INDEX_URL="https://one.example https://two.example",
        PIP_FIND_LINKS="/one /two",
    )

    seen = (project / "environment").read_text().splitlines()
    assert "UV_DEFAULT_INDEX=https://mirror.example/simple" in seen
    assert "UV_EXTRA_INDEX_URL=https://one.example https://two.example" in seen
    assert "UV_FIND_LINKS=/one,/two" in seen
    assert "UV_PYTHON_DOWNLOADS=never" in seen


def test_pip_takes_over_where_uv_fails(project: Path) -> None:
    path = fake_uv(project, "exit 1")

    done = run(project, LOCK, PATH=path)

    assert done.returncode == 0
    assert "trying pip" in done.stderr


def test_a_failed_installation_says_what_to_check(project: Path) -> None:
    path = fake_uv(project, "exit 1")
    (project / LOCK).write_text("not-here @ file:///nowhere\n")

    done = run(project, LOCK, PATH=path)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "gatehouse: The requirements could not be installed"
    )
    assert not (project / ".venv" / ".installed").exists()


def test_a_missing_lock_is_one_sentence(project: Path) -> None:
    done = run(project, "absent.lock")

    assert done.returncode == 1
    assert "absent.lock cannot be used: No such file or directory." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_without_venv_says_which_package_to_install(
    bare_project: Path,
) -> None:
    project = bare_project
    (project / "venv.py").write_text("raise SystemExit(1)")

    done = run(project, LOCK, PYTHONPATH=str(project))

    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("version", [(3, 10), (2, 7)])
def test_an_old_python_is_told_so(version: tuple[int, int]) -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.11 or newer"):
        bootstrap.check_version(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 14)])
def test_a_newer_python_will_do(version: tuple[int, int]) -> None:
    bootstrap.check_version(version)
