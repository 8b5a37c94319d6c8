"""What a child process does between fork and exec: leave root, die with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from console.runtime.layout import server_ids

LINUX = sys.platform == "linux"

# Names of linux/prctl.h and linux/capability.h.
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Return a child set-up: the child gets this signal when its parent ends.

    The kernel watches the *thread* that forked, so fork from the main thread only.
    """
    parent = os.getpid()

    def set_up() -> None:
        if LINUX:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return set_up


def as_server_user(
    paths: Iterable[Path], *, death_signal: signal.Signals
) -> Callable[[], None]:
    """Return a child set-up that leaves root and dies with its parent.

    Where a folder above one of `paths` is closed to others (a 0700 home), the child
    keeps one capability, CAP_DAC_OVERRIDE, so that nobody's modes must be changed.
    """
    mortal = die_with_parent(death_signal)
    if os.geteuid() != 0:
        return mortal
    uid, gid = server_ids()
    keep = LINUX and any(_is_closed(path) for path in paths)

    def set_up() -> None:
        if keep:
            # access(2) ignores capabilities unless they outlive setuid() this way.
            _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if keep:
            _keep_dac_override()
        mortal()  # last: setresuid() clears the death signal

    return set_up


def _is_closed(path: Path) -> bool:
    return not all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _keep_dac_override() -> None:
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    failed = _libc.capset(header, data) or _libc.prctl(
        PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0
    )
    if failed:
        raise OSError(ctypes.get_errno(), "cannot keep CAP_DAC_OVERRIDE")
