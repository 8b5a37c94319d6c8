"""Records by month: ids that begin with the time, and one partition for each month.

PostgreSQL cannot divide a table that has rows, so they move to a new one. Their ids
change, and with them what refers to them, whoever that is.
"""

import django.db.models.deletion
from django.db import migrations, models

from console.usage.ids import RecordId

IDS = """
    -- The lowest id of a record that was opened at `moment`.
    CREATE FUNCTION usage_first_id(moment timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || repeat('0', 20))::uuid;

    -- A new one: a UUID of version 7.
    CREATE FUNCTION usage_new_id(moment timestamptz) RETURNS uuid
    LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
    RETURN overlay(
        overlay(gen_random_uuid()::text
                PLACING left(usage_first_id(moment)::text, 13) FROM 1)
        PLACING '7' FROM 15)::uuid;

    CREATE FUNCTION usage_slot_of(moment timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN date_bin('15 minutes', moment, timestamptz '2000-01-01 00:00:00+00');
"""

NO_IDS = """
    DROP FUNCTION usage_slot_of(timestamptz);
    DROP FUNCTION usage_new_id(timestamptz);
    DROP FUNCTION usage_first_id(timestamptz);
"""

REFERENCES = """
    ALTER TABLE usage_usagerecord
        ADD PRIMARY KEY (id),
        ADD CONSTRAINT usage_record_consumer FOREIGN KEY (consumer_id)
            REFERENCES usage_consumer (id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT usage_record_team FOREIGN KEY (team_id)
            REFERENCES accounts_team (id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT usage_record_key FOREIGN KEY (key_id)
            REFERENCES keys_apikey (id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT usage_record_model FOREIGN KEY (model_id)
            REFERENCES catalog_languagemodel (id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT usage_record_price FOREIGN KEY (price_id)
            REFERENCES catalog_priceversion (id) DEFERRABLE INITIALLY DEFERRED;

    CREATE INDEX usage_open ON usage_usagerecord (opened_at) WHERE state = 'open';
"""

DIVIDE = """
    ALTER TABLE usage_usagerecord RENAME TO usage_record_whole;

    CREATE TEMPORARY TABLE usage_renamed ON COMMIT DROP AS
    SELECT id AS old_id, usage_new_id(opened_at) AS new_id FROM usage_record_whole;
    ALTER TABLE usage_renamed ADD PRIMARY KEY (old_id);

    -- Whoever refers to a record follows it.
    DO $$
    DECLARE
        reference record;
    BEGIN
        FOR reference IN
            SELECT con.conname, con.conrelid::regclass AS table_name,
                   col.attname AS column_name
              FROM pg_constraint con
              JOIN pg_attribute col
                ON col.attrelid = con.conrelid AND col.attnum = con.conkey[1]
             WHERE con.contype = 'f'
               AND con.confrelid = 'usage_record_whole'::regclass
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I',
                           reference.table_name, reference.conname);
            EXECUTE format('UPDATE %s SET %I = new_id FROM usage_renamed '
                           'WHERE %I = old_id',
                           reference.table_name, reference.column_name,
                           reference.column_name);
        END LOOP;
    END $$;

    CREATE TABLE usage_usagerecord (
        LIKE usage_record_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS
    ) PARTITION BY RANGE (id);

    -- What no month is there for; it is moved when there is one.
    CREATE TABLE usage_record_rest PARTITION OF usage_usagerecord DEFAULT;

    UPDATE usage_record_whole SET id = new_id FROM usage_renamed WHERE id = old_id;
    INSERT INTO usage_usagerecord SELECT * FROM usage_record_whole;
    DROP TABLE usage_record_whole;

    ALTER TABLE usage_usagerecord
        ADD CONSTRAINT usage_id_begins_with_time CHECK (
            left(id::text, 13) = left(usage_first_id(opened_at)::text, 13));

    CREATE INDEX usage_of_consumer ON usage_usagerecord (consumer_id, id);
    CREATE INDEX usage_of_team ON usage_usagerecord (team_id, id);
    CREATE INDEX usage_of_key ON usage_usagerecord (key_id, id);
    CREATE INDEX usage_of_model ON usage_usagerecord (model_id, id);
"""

# Back in one piece; the ids stay as they are.
UNITE = """
    ALTER TABLE usage_usagerecord RENAME TO usage_record_divided;
    CREATE TABLE usage_usagerecord (
        LIKE usage_record_divided INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE usage_usagerecord DROP CONSTRAINT usage_id_begins_with_time;
    INSERT INTO usage_usagerecord SELECT * FROM usage_record_divided;
    DROP TABLE usage_record_divided;

    CREATE INDEX usage_newest ON usage_usagerecord (opened_at DESC, id);
    CREATE INDEX usage_of_model ON usage_usagerecord (model_id, opened_at DESC);
    CREATE INDEX usage_of_consumer ON usage_usagerecord (consumer_id);
    CREATE INDEX usage_of_team ON usage_usagerecord (team_id);
    CREATE INDEX usage_of_key ON usage_usagerecord (key_id);
    CREATE INDEX usage_of_price ON usage_usagerecord (price_id);
"""


def _unindexed(to: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, to=to, **more
    )


def _changed(field: str, into: models.Field) -> migrations.AlterField:
    return migrations.AlterField(model_name="usagerecord", name=field, field=into)


def _index(*fields: str, name: str) -> migrations.AddIndex:
    return migrations.AddIndex(
        model_name="usagerecord", index=models.Index(fields=list(fields), name=name)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("catalog", "0005_raw_digests"),
        ("keys", "0010_escalated_changes"),
        ("usage", "0004_alive_and_withdrawn"),
    ]

    operations = [
        migrations.RunSQL(IDS, NO_IDS),
        migrations.RunSQL(
            DIVIDE + REFERENCES,
            UNITE + REFERENCES,
            state_operations=[
                migrations.RemoveIndex("usagerecord", "usage_newest"),
                migrations.RemoveIndex("usagerecord", "usage_of_model"),
                _changed(
                    "id",
                    RecordId(editable=False, primary_key=True, serialize=False),
                ),
                _changed(
                    "consumer", _unindexed("usage.consumer", related_name="records")
                ),
                _changed("team", _unindexed("accounts.team", related_name="records")),
                _changed("key", _unindexed("keys.apikey", related_name="records")),
                _changed("model", _unindexed("catalog.languagemodel", null=True)),
                _changed("price", _unindexed("catalog.priceversion", null=True)),
                _index("consumer", "id", name="usage_of_consumer"),
                _index("team", "id", name="usage_of_team"),
                _index("key", "id", name="usage_of_key"),
                _index("model", "id", name="usage_of_model"),
            ],
        ),
    ]
