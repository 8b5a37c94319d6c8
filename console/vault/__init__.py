"""Secrets at rest: sealed by AES-256-GCM, under keys that the KEK wraps.

    KEK (a file, outside the database)
      +-- wraps the key ring (`Keyring`)
            +-- data key         seals secrets, bound to row, version, team and host
            +-- fingerprint key  recognises a secret without opening any
            +-- audit key        chains the audit trail
            +-- signing key      signs evidence for people outside

Without the right KEK the vault is sealed: nothing is opened and nothing new is sealed.

    from console import vault
    from console.vault import sealing

    vault.state().sentence
    sealing.seal(secret, bound=sealing.Binding(row=…, version=1, team=…, host=…))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.vault.errors import Sealed, Tampered

if TYPE_CHECKING:
    from console.vault.keyring import SealState

__all__ = ["Sealed", "Tampered", "ensure_kek", "forget", "state"]

# Django imports this package before models can be: hence the imports inside.


def state() -> SealState:
    """Tell whether the vault is open. Cheap: looks again after some seconds only."""
    from console.vault import keyring

    return keyring.state()


def ensure_kek() -> bool:
    """Make the KEK file where that is ours to do; return whether it was made now.

    Ours: no file was named by the operator, and no key ring exists that another
    KEK wraps. Calling it again is harmless.
    """
    from console.vault import keyring

    return keyring.ensure_kek()


def forget() -> None:
    """Drop all that this process remembers of KEK and ring; it is read again."""
    from console.vault import keyring

    keyring.forget()
