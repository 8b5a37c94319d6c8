"""`manage.py audit verify|head|anchor`: the trail from a terminal."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console import vault
from console.audit import anchors, chain, selfcheck
from console.audit.actors import command
from console.audit.chain import Note

EXPECTED = re.compile(r"([1-9][0-9]{0,17}):((?:[0-9a-f]{2}){4,32})")


class Command(BaseCommand):
    """Verify the chain, print its head, or note it outside."""

    help = (
        "verify: reads the whole audit trail beside its anchors; ends with 1 if an "
        "entry was edited, removed, added or moved, and says which. head: prints the "
        "newest entry as SEQ:MAC, to be noted elsewhere. anchor: notes it in the file "
        "of anchors, if that is due."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One act, and what to compare with."""
        acts = parser.add_subparsers(dest="act", required=True)
        verify = acts.add_parser("verify", help="is every entry as it was written?")
        verify.add_argument(
            "--anchors",
            metavar="FILE",
            type=Path,
            help="anchors to compare with (default: GATEHOUSE_AUDIT_ANCHORS)",
        )
        verify.add_argument(
            "--expect",
            metavar="SEQ:MAC",
            action="append",
            default=[],
            help="an entry noted before, with 8 to 64 digits of its mac; may be "
            "given several times",
        )
        acts.add_parser("head", help="print the newest entry as SEQ:MAC")
        acts.add_parser("anchor", help="note the newest entry in the file of anchors")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        """Do it, or say in one sentence why not."""
        try:
            match act:
                case "verify":
                    self._verify(options["anchors"], options["expect"])
                case "head":
                    self._head()
                case "anchor":
                    self._anchor()
        except (vault.Sealed, selfcheck.Busy) as refusal:
            raise CommandError(refusal.sentence) from None
        except anchors.Unwritable as problem:
            raise CommandError(str(problem)) from None

    def _verify(self, file: Path | None, expected: list[str]) -> None:
        if file and not file.exists():
            raise CommandError(f"{file} does not exist.")
        notes = [_note(text) for text in expected]
        result = selfcheck.verify(actor=command("audit verify"), file=file, notes=notes)
        self.stdout.write(result.sentence)
        if not result.sound:
            sys.exit(1)

    def _head(self) -> None:
        head = chain.head()
        if head is None:
            raise CommandError("The trail has no entry yet.")
        self.stdout.write(f"{head.seq}:{head.mac.hex()}")

    def _anchor(self) -> None:
        written = anchors.write_due()
        if written:
            self.stdout.write(written.line)
        else:
            file = settings.AUDIT_ANCHORS or "the log"
            self.stdout.write(f"Nothing is due: {file} has the newest anchor.")


def _note(text: str) -> Note:
    match = EXPECTED.fullmatch(text.lower())
    if match is None:
        raise CommandError(
            "--expect takes SEQ:MAC as `audit head` prints it, with at least 8 "
            "digits of the mac."
        )
    seq, mac = match.groups()
    return Note(int(seq), bytes.fromhex(mac), f"--expect {seq}")
