"""Streams and their events: the history that nothing can rewrite."""

import datetime
import uuid

from django.db import models
from django.db.models import Q

from annotations.domain.history import GENESIS, Link
from annotations.domain.vocabulary import StreamKind
from annotations.models.base import choice, one_of
from annotations.models.project import Person, Project


class Stream(models.Model):
    """A chain of events that the same people may read.

    The stream of a project has the project's UUID, the stream of an article the article's. The
    access stream (who acts as whom, in which role) is this database's alone and never exported.
    ``sequence`` is the number of its events and the sequence of the last.
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="streams")
    kind = choice(StreamKind)
    article = models.ForeignKey(
        "annotations.Article", models.PROTECT, null=True, blank=True, related_name="streams"
    )
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    sequence = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True, default=GENESIS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("article", "person"), name="stream_layer_unique"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[StreamKind.PROJECT, StreamKind.ACCESS], article=None, person=None
                )
                | Q(kind=StreamKind.ARTICLE, article__isnull=False, person=None)
                | Q(kind=StreamKind.LAYER, article__isnull=False, person__isnull=False),
                name="stream_owner_fits_kind",
            ),
            *one_of("stream", kind=StreamKind),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Event(models.Model):
    """One link of a stream's chain; ``payload`` is canonical JSON, or NULL when withheld."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey(Stream, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    operation = models.UUIDField(db_index=True)
    actor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    #: Milliseconds since 1970 in UTC.
    time = models.BigIntegerField()
    payload = models.TextField(null=True, blank=True)  # noqa: DJ001 - NULL is "withheld"
    payload_sha256 = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("stream", "sequence")
        constraints = [
            models.UniqueConstraint(fields=("stream", "sequence"), name="event_sequence_unique"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="event_sequence_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"

    @property
    def at(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.time / 1000, tz=datetime.UTC)

    @property
    def link(self) -> Link:
        return Link(
            stream=self.stream_id,
            sequence=self.sequence,
            operation=self.operation,
            actor=self.actor_id,
            kind=self.kind,
            time=self.time,
            payload_sha256=self.payload_sha256,
        )
