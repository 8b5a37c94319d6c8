"""The pages of the history and of what is shared from it."""
