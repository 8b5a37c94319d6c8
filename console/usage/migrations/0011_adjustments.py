"""Costs that were entered by hand, and what moves with them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What a call that was entered by hand takes from its windows. The rest of what moves
# with each record (migration 0007) stays as it is.
WITH_ADJUSTED = """
    CREATE OR REPLACE FUNCTION usage_spent(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                THEN coalesce(record.cost_ticks, record.adjusted_ticks, 0) ELSE 0 END;

    CREATE OR REPLACE FUNCTION usage_unknown(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                     AND record.cost_ticks IS NULL AND record.adjusted_ticks IS NULL
                THEN coalesce(record.ceiling_ticks, 0) ELSE 0 END;
"""

# Windows move back before what they moved for is forgotten.
WITHOUT_ADJUSTED = """
    UPDATE usage_usagerecord SET adjusted_ticks = NULL
     WHERE source = 'unknown' AND adjusted_ticks IS NOT NULL;
    DELETE FROM usage_usageslot WHERE source = 'adjusted';
    DELETE FROM usage_usageday WHERE source = 'adjusted';
    DELETE FROM usage_usagemonth WHERE source = 'adjusted';

    CREATE OR REPLACE FUNCTION usage_spent(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                THEN coalesce(record.cost_ticks, 0) ELSE 0 END;

    CREATE OR REPLACE FUNCTION usage_unknown(record usage_usagerecord) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN record.state = 'settled' AND record.endpoint <> 'tokenize'
                     AND record.cost_ticks IS NULL
                THEN coalesce(record.ceiling_ticks, 0) ELSE 0 END;
"""

FOLLOW = """
    -- The record notes what was entered last, if its cost is unknown.
    CREATE FUNCTION usage_adjusted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        UPDATE usage_usagerecord SET adjusted_ticks = NEW.ticks
         WHERE id = NEW.record_id AND state = 'settled' AND source = 'unknown';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'The cost of % is not unknown.', NEW.record_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER usage_adjusted
        AFTER INSERT ON usage_adjustment
        FOR EACH ROW EXECUTE FUNCTION usage_adjusted();

    CREATE FUNCTION usage_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'Adjustments are append-only: % is refused.', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END $$;

    CREATE TRIGGER usage_adjustments_append_only
        BEFORE UPDATE OR DELETE ON usage_adjustment
        FOR EACH STATEMENT EXECUTE FUNCTION usage_refuse_change();
"""

NO_FOLLOW = """
    DROP TRIGGER usage_adjustments_append_only ON usage_adjustment;
    DROP FUNCTION usage_refuse_change();
    DROP TRIGGER usage_adjusted ON usage_adjustment;
    DROP FUNCTION usage_adjusted();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_time_zone"),
        ("catalog", "0005_raw_digests"),
        ("keys", "0010_escalated_changes"),
        ("usage", "0010_rare_calls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("ticks", models.BigIntegerField()),
                ("reason", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="usagerecord",
            name="adjusted_ticks",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="usageday",
            name="source",
            field=models.CharField(
                choices=[
                    ("reported", "reported by xAI"),
                    ("computed", "computed from tokens and price"),
                    ("estimated", "estimated, the answer was cut"),
                    ("unknown", "unknown"),
                    ("adjusted", "entered by hand"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="usagemonth",
            name="source",
            field=models.CharField(
                choices=[
                    ("reported", "reported by xAI"),
                    ("computed", "computed from tokens and price"),
                    ("estimated", "estimated, the answer was cut"),
                    ("unknown", "unknown"),
                    ("adjusted", "entered by hand"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="usagerecord",
            name="source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("reported", "reported by xAI"),
                    ("computed", "computed from tokens and price"),
                    ("estimated", "estimated, the answer was cut"),
                    ("unknown", "unknown"),
                    ("adjusted", "entered by hand"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="usageslot",
            name="source",
            field=models.CharField(
                choices=[
                    ("reported", "reported by xAI"),
                    ("computed", "computed from tokens and price"),
                    ("estimated", "estimated, the answer was cut"),
                    ("unknown", "unknown"),
                    ("adjusted", "entered by hand"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("adjusted_ticks", None),
                    models.Q(
                        ("adjusted_ticks__gte", 0),
                        ("cost_ticks", None),
                        ("source", "unknown"),
                        ("state", "settled"),
                    ),
                    _connector="OR",
                ),
                name="usage_adjusted_was_unknown",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="adjustments",
                to="usage.usagerecord",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.UniqueConstraint(
                fields=("record", "number"), name="usage_adjustment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("ticks__gte", 0), ("number__gte", 1)),
                name="usage_adjustment_not_negative",
            ),
        ),
        migrations.RunSQL(WITH_ADJUSTED, WITHOUT_ADJUSTED),
        migrations.RunSQL(FOLLOW, NO_FOLLOW),
    ]
