from django.db import migrations, models
from django.db.models.functions import Cast, Concat, Lower, Replace

TEXT = models.TextField()
LINE = models.Value("\n", TEXT)

# array_to_string() is only STABLE, since it takes arrays of anything; of text it never
# gives two answers. A generated column asks for that promise.
ADD_FUNCTION = """
CREATE FUNCTION keys_as_lines(words text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_string(words, E'\\n')
"""
DROP_FUNCTION = "DROP FUNCTION keys_as_lines(text[])"


def without(text, words):
    return Replace(text, models.Value(words, TEXT), models.Value("", TEXT))


SEARCHED = Lower(
    Concat(
        "label",
        *(LINE, "owner"),
        *(LINE, "note"),
        *(LINE, "xai_name"),
        *(LINE, "last_four"),
        *(LINE, models.Func("tags", function="keys_as_lines", output_field=TEXT)),
        *(
            LINE,
            without(without(Cast("acls", TEXT), "api-key:model:"), "api-key:endpoint:"),
        ),
        output_field=TEXT,
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("keys", "0004_imports_due_rows"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="apikey", name="key_by_state"),
        migrations.RemoveIndex(model_name="apikey", name="key_by_label"),
        migrations.RemoveIndex(model_name="apikey", name="key_by_change"),
        migrations.RemoveIndex(model_name="apikey", name="key_by_check"),
        migrations.RunSQL(ADD_FUNCTION, DROP_FUNCTION),
        migrations.AddField(
            model_name="apikey",
            name="search_text",
            field=models.GeneratedField(
                expression=SEARCHED, output_field=models.TextField(), db_persist=True
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(Lower("label"), models.F("id"), name="key_by_name"),
        ),
    ]
