"""What moves with each record: the slots to add up again, and the budgets' windows.

Done by the database, so that no writer can forget it: opening, settling, releasing,
the reaper, sample data.
"""

from django.db import migrations

WINDOWS = """
    -- The windows that count a call which began at `moment`.
    CREATE FUNCTION usage_windows_of(
        consumer bigint, team uuid, key uuid, model uuid, moment timestamptz
    ) RETURNS SETOF usage_budgetwindow
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT w.*
          FROM usage_budgetwindow w
         WHERE (w.consumer_id = consumer OR w.consumer_id IS NULL)
           AND w.ends_at > moment AND w.starts_at <= moment
           AND (w.team_id = team OR w.team_id IS NULL)
           AND (w.key_id = key OR w.key_id IS NULL)
           AND (w.model_id = model OR w.model_id IS NULL)
    $$;

    -- What one record takes from its windows.
    CREATE FUNCTION usage_reserved(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'open' AND record.endpoint <> 'tokenize'
                THEN coalesce(record.ceiling_ticks, 0) ELSE 0 END;

    CREATE FUNCTION usage_spent(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                THEN coalesce(record.cost_ticks, 0) ELSE 0 END;

    CREATE FUNCTION usage_unknown(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                     AND record.cost_ticks IS NULL
                THEN coalesce(record.ceiling_ticks, 0) ELSE 0 END;
"""

NO_WINDOWS = """
    DROP FUNCTION usage_unknown(usage_usagerecord);
    DROP FUNCTION usage_spent(usage_usagerecord);
    DROP FUNCTION usage_reserved(usage_usagerecord);
    DROP FUNCTION usage_windows_of(bigint, uuid, uuid, uuid, timestamptz);
"""

# Windows are locked in the order of their ids, here as at admission.
MOVE = """
    CREATE FUNCTION {name}() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        INSERT INTO usage_touchedslot (slot_starts_at)
        SELECT DISTINCT usage_slot_of(opened_at) FROM new_records
         WHERE state = 'settled';

        WITH moved AS (
            {moved}
        ), due AS (
            SELECT w.id, sum(moved.reserved) AS reserved, sum(moved.spent) AS spent,
                   sum(moved.unknown) AS unknown
              FROM moved
             CROSS JOIN LATERAL usage_windows_of(
                   moved.consumer_id, moved.team_id, moved.key_id, moved.model_id,
                   moved.opened_at) w
             WHERE moved.reserved <> 0 OR moved.spent <> 0 OR moved.unknown <> 0
             GROUP BY w.id
        ), locked AS (
            SELECT w.id FROM usage_budgetwindow w
             WHERE w.id IN (SELECT id FROM due)
             ORDER BY w.id
               FOR NO KEY UPDATE
        )
        UPDATE usage_budgetwindow w
           SET reserved_ticks = w.reserved_ticks + due.reserved,
               spent_ticks = w.spent_ticks + due.spent,
               unknown_ticks = w.unknown_ticks + due.unknown
          FROM due JOIN locked ON locked.id = due.id
         WHERE w.id = due.id;
        RETURN NULL;
    END $$;
"""

OPENED = MOVE.format(
    name="usage_records_opened",
    moved="""
            SELECT n.consumer_id, n.team_id, n.key_id, n.model_id, n.opened_at,
                   usage_reserved(n) AS reserved, usage_spent(n) AS spent,
                   usage_unknown(n) AS unknown
              FROM new_records n
    """,
)

SETTLED = MOVE.format(
    name="usage_records_settled",
    moved="""
            SELECT n.consumer_id, n.team_id, n.key_id, n.model_id, n.opened_at,
                   usage_reserved(n) - usage_reserved(o) AS reserved,
                   usage_spent(n) - usage_spent(o) AS spent,
                   usage_unknown(n) - usage_unknown(o) AS unknown
              FROM new_records n
              JOIN old_records o ON o.id = n.id
    """,
)

TRIGGERS = """
    CREATE TRIGGER usage_records_opened
        AFTER INSERT ON usage_usagerecord
        REFERENCING NEW TABLE AS new_records
        FOR EACH STATEMENT EXECUTE FUNCTION usage_records_opened();
    CREATE TRIGGER usage_records_settled
        AFTER UPDATE ON usage_usagerecord
        REFERENCING OLD TABLE AS old_records NEW TABLE AS new_records
        FOR EACH STATEMENT EXECUTE FUNCTION usage_records_settled();

    -- What was settled before there were slots.
    INSERT INTO usage_touchedslot (slot_starts_at)
    SELECT DISTINCT usage_slot_of(opened_at) FROM usage_usagerecord
     WHERE state = 'settled';
"""

NO_TRIGGERS = """
    DROP TRIGGER usage_records_settled ON usage_usagerecord;
    DROP TRIGGER usage_records_opened ON usage_usagerecord;
    DROP FUNCTION usage_records_settled();
    DROP FUNCTION usage_records_opened();
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0006_sums_and_budgets")]

    operations = [
        migrations.RunSQL(WINDOWS, NO_WINDOWS),
        migrations.RunSQL(OPENED + SETTLED + TRIGGERS, NO_TRIGGERS),
    ]
