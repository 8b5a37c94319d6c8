"""Storing the rows of imports: ask xAI, many at a time, and write what came.

    claim --> due rows --> requests in flight --> one transaction per row --+
      ^                                                                     |
      +---------------- while rows are due and time is left <---------------+

The event loop stands still while rows are written, and no transaction is open while
it runs. Called by tasks and by `manage.py import_keys`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction

from console import vault, xai
from console.accounts import teams
from console.accounts.models import Team
from console.keys import custody, intake, upstream
from console.keys.importing import jobs, preview
from console.keys.importing.jobs import Claim
from console.keys.models import ImportRow

RENEW_EVERY = jobs.LEASE_TIME.total_seconds() / 6
LOOK_UP_TIME = 1.0  # seconds without an answer; then the lease is looked at
BACK_OFF = (timedelta(seconds=5), timedelta(seconds=20))  # after a try without answer
UNTOLD_PAUSE = timedelta(seconds=30)  # where a 429 does not say how long

DOES_NOT_OPEN = "Its secret does not open for this row any more, so it was not used."
NO_SUCH_HOST = "XAI_HOSTS no longer names the upstream of this import."
TRY_AGAIN = "No answer: {}. It is tried again."
PAUSED = "xAI asked to wait before it is asked more about this team."
STORED = "Stored in {}."
STORED_UNASKED = "Stored in {}; not checked yet."


@dataclass(frozen=True, slots=True)
class Errand:
    """One row to ask about. `team` is the table's, with folded capitals."""

    row_id: UUID
    team: str
    secret: xai.Secret


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one errand; None: xAI was not to be asked."""

    errand: Errand
    outcome: intake.Told | xai.XaiError | None


def run_due(*, time_limit: timedelta) -> bool:
    """Store rows until none is due or the time is over; return whether it was over.

    A sealed vault stores nothing: rows wait for it.
    """
    end = monotonic() + time_limit.total_seconds()
    while vault.state().is_open and (claim := jobs.claim()):
        try:
            Run(claim, end=end).go()
        except (jobs.LeaseLost, vault.Sealed):
            pass  # another goes on, or nobody for now; nothing is half done
        finally:
            jobs.let_go(claim)
        if monotonic() >= end:
            return True
    return False


class Run:
    """One worker's turn at one import: its rows, and the requests that are out.

    At most XAI_POLL_BATCH of them, and XAI_POLL_PER_TEAM of one team.
    """

    def __init__(self, claim: Claim, *, end: float) -> None:
        self._claim = claim
        self._end = end
        self._renewed_at = monotonic()
        self._rows: dict[str, deque[UUID]] = {}  # that wait, by team
        self._busy: Counter[str] = Counter()  # requests out, by team
        self._out: set[asyncio.Task[Answer]] = set()

    def go(self) -> None:
        """Do what is due. Raises LeaseLost, or vault.Sealed."""
        with asyncio.Runner() as runner:
            try:
                while (errands := self._launch()) or self._out:
                    for answer in runner.run(self._exchange(errands)):
                        self._settle(answer)
            finally:
                runner.run(upstream.close_async_clients())

    def _launch(self) -> list[Errand]:
        """Return the requests to send now; rows that need none are done at once."""
        if not self._busy.total() and not any(self._rows.values()):
            self._rows = {}
            for row_id, team in jobs.due_rows(self._claim):
                self._rows.setdefault(team.casefold(), deque()).append(row_id)
        errands = []
        while monotonic() < self._end and (free := self._free_team()) is not None:
            self._renew()
            errand = self._errand(self._rows[free].popleft(), free)
            if errand is not None:
                self._busy[free] += 1
                errands.append(errand)
        return errands

    def _free_team(self) -> str | None:
        """Return the team that may have one more request out, and has the fewest."""
        if self._busy.total() >= settings.XAI_POLL_BATCH:
            return None
        free = [
            team
            for team, rows in self._rows.items()
            if rows and self._busy[team] < settings.XAI_POLL_PER_TEAM
        ]
        return min(free, key=self._busy.__getitem__, default=None)

    def _errand(self, row_id: UUID, team: str) -> Errand | None:
        row = ImportRow.objects.filter(pk=row_id).first()
        if row is None:
            raise jobs.LeaseLost
        try:
            upstream.address(self._claim.host)
            errand = Errand(row_id, team, preview.unsealed(row))
            known_team = preview.team_named(row.team) or Team(name=row.team)
            intake.refuse_stored(errand.secret, team=known_team)
        except vault.Tampered:
            self._refuse(row_id, DOES_NOT_OPEN)
        except upstream.UnknownHost:
            self._refuse(row_id, NO_SUCH_HOST)
        except custody.Refused as refusal:
            self._refuse(row_id, refusal.sentence)
        else:
            if self._claim.asks:
                return errand
            settle(self._claim, Answer(errand, None))
        return None

    @transaction.atomic
    def _refuse(self, row_id: UUID, sentence: str) -> None:
        jobs.mark_refused(jobs.hold(self._claim, row_id), sentence)

    async def _exchange(self, errands: list[Errand]) -> list[Answer]:
        """Send these, and return the answers that have come of all that are out."""
        for errand in errands:
            self._out.add(asyncio.create_task(_ask(errand, host=self._claim.host)))
        done, self._out = await asyncio.wait(
            self._out, timeout=LOOK_UP_TIME, return_when=asyncio.FIRST_COMPLETED
        )
        return [task.result() for task in done]

    def _settle(self, answer: Answer) -> None:
        team = answer.errand.team
        self._busy[team] -= 1
        self._renew()
        settle(self._claim, answer)
        if isinstance(answer.outcome, xai.RateLimited):
            self._rows.pop(team, None)  # they are due later

    def _renew(self) -> None:
        if monotonic() - self._renewed_at > RENEW_EVERY:
            jobs.renew(self._claim)
            self._renewed_at = monotonic()


async def _ask(errand: Errand, *, host: str) -> Answer:
    outcome = await intake.ask_among_others(errand.secret, host=host)
    return Answer(errand, outcome)


@transaction.atomic
def settle(claim: Claim, answer: Answer) -> None:
    """Write what became of one row: a key, a refusal, or another try.

    The key, its audit entry and the end of the row with its secret are one
    transaction. Raises LeaseLost, or vault.Sealed.
    """
    row = jobs.hold(claim, answer.errand.row_id)
    outcome = answer.outcome
    if isinstance(outcome, xai.RateLimited):
        told = outcome.retry_after
        pause = UNTOLD_PAUSE if told is None else timedelta(seconds=told)
        jobs.put_team_off(row, pause, PAUSED)
    elif isinstance(outcome, xai.XaiError):
        refusal = intake.refusal_of(outcome)
        silent = isinstance(refusal, custody.UpstreamSilent)
        if silent and row.tries < len(BACK_OFF):
            jobs.put_off(row, BACK_OFF[row.tries], TRY_AGAIN.format(outcome))
        else:
            jobs.mark_refused(row, refusal.sentence)
    else:
        _store(claim, row, answer.errand.secret, outcome)


def _store(
    claim: Claim, row: ImportRow, secret: xai.Secret, told: intake.Told | None
) -> None:
    try:
        api_key = custody.store(
            team=preview.team_named(row.team) or Team(name=row.team),
            label=row.label,
            owner=row.owner,
            note=row.note,
            host=claim.host,
            secret=secret,
            told=told,
            actor=claim.actor,
            added_by=claim.created_by,
        )
    except (custody.Refused, teams.Refused) as refusal:
        jobs.mark_refused(row, refusal.sentence)
    else:
        sentence = STORED_UNASKED if told is None else STORED
        jobs.mark_stored(row, api_key, sentence.format(api_key.team.name))
