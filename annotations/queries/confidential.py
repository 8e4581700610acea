"""What the desk keeps of confidential sources, as one digest each."""

from collections import defaultdict
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from annotations.domain.vocabulary import Access
from annotations.domain.withholding import confidential_digest, known_to_the_desk
from annotations.models import ConfidentialDetails, ConfidentialDigest, Project, Salt, Source
from annotations.models.rows import fields_of


def kept_digests(
    sources: QuerySet[Source], salt: str, using: str = DEFAULT_DB_ALIAS
) -> dict[UUID, str]:
    """Return the digest that each of these sources should have.

    One of which nothing is known here, because a fixture brought it, has none. Three queries.
    """
    kept = ConfidentialDetails.objects.using(using).filter(source__in=sources)
    details = dict(kept.values_list("source", "details"))
    readers: dict[UUID, list[str]] = defaultdict(list)
    for key, reader in kept.exclude(readers=None).values_list("source", "readers"):
        readers[key].append(str(reader))
    found = {}
    for source in sources:
        fields = fields_of(source)
        if source.pk in details or (
            source.access == Access.CONFIDENTIAL and fields != known_to_the_desk(fields)
        ):
            found[source.pk] = confidential_digest(
                salt, fields, details.get(source.pk), readers[source.pk]
            )
    return found


def confidential_differing(project: Project, using: str = DEFAULT_DB_ALIAS) -> list[UUID]:
    """Return the sources of which something else is kept than was last written here."""
    salt = Salt.objects.using(using).values_list("value", flat=True).first() or ""
    should = kept_digests(Source.objects.using(using).filter(project=project), salt, using)
    rows = ConfidentialDigest.objects.using(using).filter(source__project=project)
    here = dict(rows.values_list("source", "value"))
    return sorted(key for key in should.keys() | here.keys() if should.get(key) != here.get(key))
