"""Single calls: the list of them, one of them, and all of them as a file."""
