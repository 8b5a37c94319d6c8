from __future__ import annotations

from itertools import product

import pytest

from console.keys.models import KeyState
from console.keys.states import state_of
from tests.keys.answers import key_info


@pytest.mark.parametrize(
    ("team", "blocked", "disabled", "state"),
    [
        (False, False, False, KeyState.ACTIVE),
        (True, False, False, KeyState.TEAM_BLOCKED),
        (False, True, False, KeyState.KEY_BLOCKED),
        (False, False, True, KeyState.DISABLED),
        (True, True, True, KeyState.TEAM_BLOCKED),
        (False, True, True, KeyState.KEY_BLOCKED),
        (None, False, True, KeyState.DISABLED),
        (None, False, False, KeyState.UNKNOWN),
        (False, None, False, KeyState.UNKNOWN),
        (None, None, None, KeyState.UNKNOWN),
    ],
)
def test_the_strongest_flag_is_the_state(
    team: bool | None, blocked: bool | None, disabled: bool | None, state: KeyState
) -> None:
    info = key_info(
        team_blocked=team, api_key_blocked=blocked, api_key_disabled=disabled
    )

    assert state_of(info) == state


def test_a_key_is_called_usable_only_when_all_is_told() -> None:
    told = product([True, False, None], repeat=3)
    usable = [
        flags
        for flags in told
        if state_of(
            key_info(
                team_blocked=flags[0],
                api_key_blocked=flags[1],
                api_key_disabled=flags[2],
            )
        )
        == KeyState.ACTIVE
    ]

    assert usable == [(False, False, False)]
