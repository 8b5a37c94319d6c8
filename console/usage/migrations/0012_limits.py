"""Limits of a team and of a key, counted where a call is opened."""

from importlib import import_module

from django.db import migrations

before = import_module("console.usage.migrations.0009_opening")

ASKED = """
    -- Answers of a team that are coming, its calls of the last minute, and those of
    -- them with one key: as usage_asked_by counts for a consumer (migration 0009).
    -- No call lasts 20 minutes.
    CREATE FUNCTION usage_asked_of(
        team uuid, key uuid, endpoints text[], silence interval, moment timestamptz
    ) RETURNS TABLE (coming bigint, recent bigint, with_key bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT (SELECT count(*) FROM usage_usagerecord r
                 WHERE r.state = 'open' AND r.team_id = team
                   AND r.id > usage_first_id(moment - interval '20 minutes')
                   AND r.id < usage_first_id(moment + interval '1 hour')
                   AND r.alive_at > moment - silence
                   AND r.endpoint = ANY(endpoints)),
               count(*), count(*) FILTER (WHERE r.key_id = key)
          FROM usage_usagerecord r
         WHERE r.team_id = team
           AND r.id > usage_first_id(moment - interval '1 minute')
           AND r.id < usage_first_id(moment + interval '1 hour')
           AND r.endpoint = ANY(endpoints)
    $$;
"""

NOT_ASKED = """
    DROP FUNCTION usage_asked_of(uuid, uuid, text[], interval, timestamptz);
"""

OPEN = """
    -- Write the record of a call and reserve its ceiling; return its id, or nothing if
    -- it does not fit or a consumer or a window is missing: then no lock is kept, also
    -- inside a transaction.
    --
    -- Each lock is a statement of its own: one that waits for a lock goes on to count
    -- what it saw before it waited. First the ledger, since whoever has that for
    -- themselves goes on to windows; then the consumer, the team, and windows in the
    -- order of their ids, as everywhere: so nobody waits for each other in a circle.
    CREATE FUNCTION usage_open(
        of_person uuid, of_team uuid, with_key uuid, through text, asked text,
        of_model uuid, at_price uuid, ceiling bigint, watched boolean,
        budgeted boolean, most_coming integer, most_recent integer,
        team_coming integer, team_recent integer, key_recent integer,
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

        IF most_recent IS NULL THEN
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

        IF team_recent IS NOT NULL THEN
            PERFORM pg_advisory_xact_lock(
                hashtextextended('usage_open ' || of_team, 0));
            IF EXISTS (
                SELECT FROM usage_asked_of(of_team, with_key, limited, silence, moment)
                       AS a
                 WHERE a.coming >= team_coming OR a.recent >= team_recent
                    OR a.with_key >= key_recent
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
        integer, integer, integer, integer, text[], interval);
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0011_adjustments")]

    operations = [
        migrations.RunSQL(before.NO_OPEN, before.OPEN),
        migrations.RunSQL(ASKED + OPEN, NO_OPEN + NOT_ASKED),
    ]
