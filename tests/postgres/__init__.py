"""Django's PostgreSQL backend, whose flush may empty append-only tables."""
