"""Comparing a price file of another tool with what xAI tells, and correcting it."""
