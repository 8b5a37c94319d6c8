"""Filters of the templates of incidents."""
