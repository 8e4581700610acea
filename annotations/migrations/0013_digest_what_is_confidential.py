"""Note what is kept of each confidential source now: from here on it cannot change unseen."""

import secrets
from collections import defaultdict

from django.db import migrations

from annotations.domain.withholding import (
    WITHHELD_OF_SOURCES,
    confidential_digest,
    known_to_the_desk,
)


def digest_what_is_confidential(apps, schema_editor):
    def rows(name):
        model = apps.get_model('annotations', name)
        return model._base_manager.using(schema_editor.connection.alias)

    kept = dict(rows('ConfidentialDetails').values_list('source', 'details'))
    readers = defaultdict(list)
    of_readers = rows('ConfidentialDetails').exclude(readers=None)
    for source, reader in of_readers.values_list('source', 'readers'):
        readers[source].append(str(reader))
    sources = {}
    for source in rows('Source').filter(access='confidential') | rows('Source').filter(pk__in=kept):
        fields = {name: getattr(source, name) for name in WITHHELD_OF_SOURCES}
        fields['access'] = source.access
        if source.pk in kept or fields != known_to_the_desk(fields):
            sources[source.pk] = fields
    if not sources:
        return
    salt = rows('Salt').first() or rows('Salt').create(pk=1, value=secrets.token_hex(32))
    for key, fields in sources.items():
        value = confidential_digest(salt.value, fields, kept.get(key), readers[key])
        rows('ConfidentialDigest').create(source_id=key, value=value)


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0012_confidential_digest'),
    ]

    operations = [
        migrations.RunPython(digest_what_is_confidential, migrations.RunPython.noop),
    ]
