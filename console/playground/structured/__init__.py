"""Answers as JSON: schemas to send, and whether an answer is what was asked for."""
