"""Name every payload that is empty already and was not erased here: it came so.

From now on whatever else is empty is a fault.
"""

from django.db import migrations
from django.db.models import Exists, OuterRef


def note_what_was_withheld(apps, schema_editor):
    events = apps.get_model('annotations', 'Event').objects.using(schema_editor.connection.alias)
    withheld = apps.get_model('annotations', 'WithheldPayload')
    erased = events.filter(
        stream=OuterRef('stream'), kind='payload.erased', sequence__gt=OuterRef('sequence')
    )
    withheld.objects.using(schema_editor.connection.alias).bulk_create(
        [
            withheld(event_id=key)
            for key in events.filter(~Exists(erased), payload=None).values_list('pk', flat=True)
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0010_withheld_payload'),
    ]

    operations = [
        migrations.RunPython(note_what_was_withheld, migrations.RunPython.noop),
    ]
