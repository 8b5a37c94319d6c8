"""The statements that keep each prompt and answer; they are prepared."""

from console.playground.models import Turn

# Nothing comes back of a conversation that is another person's.
OPEN = """
    INSERT INTO playground_conversation AS kept
           (id, owner_id, endpoint, model, sealed_title, sealed_parameters, pinned,
            created_at, updated_at, kept_until)
    VALUES (%(id)s, %(owner)s, %(endpoint)s, %(model)s, %(title)s, %(parameters)s,
            false, %(now)s, %(now)s, %(kept_until)s)
        ON CONFLICT (id) DO UPDATE
       SET endpoint = excluded.endpoint, model = excluded.model,
           updated_at = excluded.updated_at, kept_until = excluded.kept_until
     WHERE kept.owner_id = excluded.owner_id
    RETURNING sealed_parameters
"""
# A turn that was taken for dead meanwhile was marked as cut.
END = """
    UPDATE playground_turn
       SET state = %(state)s, finish = %(finish)s, sealed_content = %(content)s,
           sealed_trace = %(trace)s, kept_at = %(now)s
     WHERE id = %(id)s AND state IN ('coming', 'cut')
"""
COLUMNS = [field.attname for field in Turn._meta.concrete_fields]
INSERT = f"INSERT INTO playground_turn ({', '.join(COLUMNS)}) VALUES "
