"""Django's backend for PostgreSQL, with a quicker look at its connections."""
