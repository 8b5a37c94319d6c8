"""Conversations that are kept: sealed, for a time, for their owner alone."""
