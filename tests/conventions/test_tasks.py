"""Messages in the queue hold ids and nothing else."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from console.celery import app

app.loader.import_default_modules()
TASKS = {
    name: task
    for name, task in sorted(app.tasks.items())
    if not name.startswith("celery.")
}
ALLOWED = (str, list[str])


@pytest.mark.parametrize("name", TASKS)
def test_a_task_takes_ids_by_keyword_only(name: str) -> None:
    run = TASKS[name].run
    hints = get_type_hints(run)

    for parameter in inspect.signature(run).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            assert hints[parameter.name] is Any  # what a newer version adds
        else:
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
            assert hints[parameter.name] in ALLOWED


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_named_for_its_app_and_not_its_module(name: str) -> None:
    package = TASKS[name].run.__module__.split(".")[1]

    assert name.split(".")[0] == package


def test_beat_rings_known_tasks() -> None:
    rung = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert rung <= set(TASKS)
