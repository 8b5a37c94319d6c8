"""The newest answer moves from the key's row, which every page reads, to its snapshot.

Digests stay empty: the next poll of each key writes its own.
"""

from django.db import migrations, models

_MOVE = """
    UPDATE keys_keysnapshot AS s SET raw = k.raw
    FROM keys_apikey AS k
    WHERE k.id = s.key_id AND k.raw IS NOT NULL AND s.first_seen_at = (
        SELECT max(first_seen_at) FROM keys_keysnapshot WHERE key_id = k.id
    )
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0007_access_order")]

    operations = [
        migrations.RunSQL(_MOVE, migrations.RunSQL.noop),
        migrations.RemoveField("apikey", "raw"),
        migrations.AddField(
            "apikey",
            "answer_digest",
            models.BinaryField(editable=False, max_length=32, null=True),
        ),
    ]
