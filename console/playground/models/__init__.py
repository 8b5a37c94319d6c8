"""What the playground keeps for a person. All text in it is sealed."""

from console.playground.models.conversations import (
    Conversation,
    Role,
    Turn,
    TurnState,
)
from console.playground.models.prompts import PromptTemplate
from console.playground.models.shares import Share

__all__ = ["Conversation", "PromptTemplate", "Role", "Share", "Turn", "TurnState"]
