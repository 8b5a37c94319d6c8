"""Two models that sam's team is told, one of them dearer for mia's."""

from __future__ import annotations

import pytest

from console.accounts.models import Team
from console.catalog.models import PriceVersion
from tests.keys.stored import stored_model, stored_price


@pytest.fixture
def told(team: Team, other_team: Team) -> list[PriceVersion]:
    """Store them: grok-4.3 for both teams, grok-3 for sam's alone."""
    shared, own = stored_model("grok-4.3"), stored_model("grok-3")
    return [
        stored_price(shared, team),
        stored_price(shared, other_team, completion_text_token_price=99_000),
        stored_price(own, team, completion_text_token_price=77_000),
    ]
