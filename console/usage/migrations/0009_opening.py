"""Opening a record as a function of the database, whose plans are kept.

Limits, budgets and the record were one text of several statements before, planned anew
for each call, over the partitions of all months.
"""

from django.db import migrations

CONDITIONS = """
    -- Whether a call with this ceiling does not fit into a window. A soft one is over
    -- only where its sum would not fit into its column.
    CREATE FUNCTION usage_is_over(
        w usage_budgetwindow, ceiling bigint, moment timestamptz
    ) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN w.hard
                THEN ceiling IS NULL
                     OR w.spent_ticks::numeric + w.reserved_ticks + w.unknown_ticks
                        + ceiling
                        > w.limit_ticks::numeric
                          + CASE WHEN w.raised_until > moment
                                 THEN w.raised_ticks ELSE 0 END
                ELSE w.spent_ticks::numeric + w.reserved_ticks + w.unknown_ticks
                     + coalesce(ceiling, 0) > 9223372036854775807
           END;

    -- The budgets that count a call and have no window of now, with the consumer whose
    -- calls they count.
    CREATE FUNCTION usage_missing_windows(
        consumer bigint, team uuid, key uuid, model uuid, moment timestamptz
    ) RETURNS TABLE (budget_id uuid, consumer_id bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT b.id, CASE WHEN b.each_person THEN consumer ELSE b.consumer_id END
          FROM usage_budget b
         WHERE b.ended_at IS NULL
           AND (b.consumer_id = consumer OR b.consumer_id IS NULL)
           AND (b.team_id = team OR b.team_id IS NULL)
           AND (b.key_id = key OR b.key_id IS NULL)
           AND (b.model_id = model OR b.model_id IS NULL)
           AND NOT EXISTS (
               SELECT FROM usage_windows_of(consumer, team, key, model, moment) w
                WHERE w.budget_id = b.id)
    $$;

    -- Answers of a consumer that are coming, those of a process that fell silent left
    -- out, and calls of the last minute. No call lasts an hour; between two ids only
    -- the month of now is read.
    CREATE FUNCTION usage_asked_by(
        consumer bigint, endpoints text[], silence interval, moment timestamptz
    ) RETURNS TABLE (coming bigint, recent bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT (SELECT count(*) FROM usage_usagerecord r
                 WHERE r.state = 'open' AND r.consumer_id = consumer
                   AND r.id > usage_first_id(moment - interval '1 hour')
                   AND r.id < usage_first_id(moment + interval '1 hour')
                   AND r.alive_at > moment - silence
                   AND r.endpoint = ANY(endpoints)),
               (SELECT count(*) FROM usage_usagerecord r
                 WHERE r.consumer_id = consumer
                   AND r.id > usage_first_id(moment - interval '1 minute')
                   AND r.id < usage_first_id(moment + interval '1 hour')
                   AND r.endpoint = ANY(endpoints))
    $$;
"""

NO_CONDITIONS = """
    DROP FUNCTION usage_asked_by(bigint, text[], interval, timestamptz);
    DROP FUNCTION usage_missing_windows(bigint, uuid, uuid, uuid, timestamptz);
    DROP FUNCTION usage_is_over(usage_budgetwindow, bigint, timestamptz);
"""

OPEN = """
    -- Write the record of a call and reserve its ceiling; return its id, or nothing if
    -- it does not fit or a consumer or a window is missing: then no lock is kept, also
    -- inside a transaction.
    --
    -- Each lock is a statement of its own: one that waits for a lock goes on to count
    -- what it saw before it waited. First the ledger, since whoever has that for
    -- themselves goes on to windows; windows in the order of their ids, as everywhere:
    -- so nobody waits for each other in a circle.
    CREATE FUNCTION usage_open(
        of_person uuid, of_team uuid, with_key uuid, through text, asked text,
        of_model uuid, at_price uuid, ceiling bigint, watched boolean,
        budgeted boolean, most_coming integer, most_recent integer,
        limited text[], silence interval
    ) RETURNS uuid
    LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan
    AS $$
    DECLARE
        moment CONSTANT timestamptz := statement_timestamp();
        payer bigint;
        opened uuid;
    BEGIN
        IF budgeted THEN
            LOCK TABLE usage_usagerecord IN ROW EXCLUSIVE MODE;
        END IF;

        IF most_coming IS NULL THEN
            SELECT id INTO payer FROM usage_consumer WHERE person_id = of_person;
        ELSE
            SELECT id INTO payer FROM usage_consumer WHERE person_id = of_person
               FOR NO KEY UPDATE;
            IF EXISTS (
                SELECT FROM usage_asked_by(payer, limited, silence, moment) a
                 WHERE a.coming >= most_coming OR a.recent >= most_recent
            ) THEN
                RAISE no_data_found;
            END IF;
        END IF;

        IF budgeted THEN
            PERFORM w.id FROM usage_budgetwindow w
              WHERE w.id IN (
                    SELECT current.id
                      FROM usage_windows_of(payer, of_team, with_key, of_model, moment)
                           AS current)
              ORDER BY w.id
                FOR NO KEY UPDATE;
            IF EXISTS (
                SELECT FROM usage_windows_of(payer, of_team, with_key, of_model, moment)
                       AS w
                 WHERE usage_is_over(w, ceiling, moment)
            ) OR EXISTS (
                SELECT FROM usage_missing_windows(
                    payer, of_team, with_key, of_model, moment)
            ) THEN
                RAISE no_data_found;
            END IF;
        END IF;

        INSERT INTO usage_usagerecord
               (id, state, consumer_id, team_id, key_id, endpoint, model_asked,
                model_id, price_id, ceiling_ticks, opened_at, alive_at, model_served,
                outcome, problem, upstream_request_id, source)
        SELECT usage_new_id(moment), 'open', payer, of_team, with_key, through, asked,
               of_model, at_price, ceiling, moment,
               CASE WHEN watched THEN moment END, '', '', '', '', ''
         WHERE payer IS NOT NULL
        RETURNING id INTO opened;
        RETURN opened;
    EXCEPTION
        WHEN no_data_found THEN
            RETURN NULL;
    END $$;
"""

NO_OPEN = """
    DROP FUNCTION usage_open(
        uuid, uuid, uuid, text, text, uuid, uuid, bigint, boolean, boolean, integer,
        integer, text[], interval);
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0008_problems_and_rare_calls")]

    operations = [
        migrations.RunSQL(CONDITIONS + OPEN, NO_OPEN + NO_CONDITIONS),
    ]
