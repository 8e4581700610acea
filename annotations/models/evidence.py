"""Assertions and what is brought to bear on them."""

from django.db import models
from django.db.models import F, Q

from annotations.domain.vocabulary import (
    Access,
    LogKind,
    Relation,
    SourceKind,
    SourceLevel,
    Stance,
    Verdict,
    WorkState,
)
from annotations.models.base import Record, choice, json_field, now, one_of
from annotations.models.history import Stream
from annotations.models.project import Person, Project
from annotations.models.span import Speaker


class Assertion(Record):
    """What one or many spans say, in neutral words; evidence hangs on it.

    ``stream`` is the article's (or layer's) it was made in, and the project's once spans of
    several articles share it.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="assertions")
    stream = models.ForeignKey(Stream, models.PROTECT, related_name="+")
    paraphrase = models.TextField(blank=True)
    speaker = models.ForeignKey(
        Speaker, models.PROTECT, null=True, blank=True, related_name="assertions"
    )
    said_on = models.CharField(max_length=10, blank=True)
    due = models.CharField(max_length=10, blank=True)
    work_state = choice(WorkState, default=WorkState.TODO)
    verdict = choice(Verdict, blank=True, default="")
    verdict_reason = models.TextField(blank=True)
    verdict_as_of = models.CharField(max_length=10, blank=True)
    verdict_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="") | Q(verdict_by__isnull=False),
                name="assertion_verdict_has_giver",
            ),
            *one_of("assertion", work_state=WorkState, verdict__blank=Verdict),
        ]

    def __str__(self) -> str:
        return self.paraphrase


class AssertionRelation(Record):
    """``subject`` repeats, contradicts, narrows or depends on ``object``."""

    subject = models.ForeignKey(Assertion, models.PROTECT, related_name="relations")
    object = models.ForeignKey(Assertion, models.PROTECT, related_name="related_by")
    kind = choice(Relation)
    note = models.TextField(blank=True)
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(subject=F("object")), name="relation_between_two"),
            *one_of("relation", kind=Relation),
        ]


class WorkLogEntry(Record):
    """One search made or one person asked: where, what, when, who, and the answer."""

    assertion = models.ForeignKey(Assertion, models.PROTECT, related_name="log")
    kind = choice(LogKind)
    on = models.DateField()
    where = models.CharField(max_length=300, blank=True)
    what = models.TextField(blank=True)
    who = models.CharField(max_length=200, blank=True)
    answer = models.TextField(blank=True)
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = one_of("log", kind=LogKind)


class Source(Record):
    """A work that can be cited. What must stay with the desk is in ``ConfidentialDetails``."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="sources")
    kind = choice(SourceKind, default=SourceKind.WEB)
    title = models.CharField(max_length=500)
    publisher = models.CharField(max_length=300, blank=True)
    authors = json_field(default=list, blank=True)
    published = models.CharField(max_length=10, blank=True)
    level = choice(SourceLevel, blank=True, default="")
    url = models.CharField(max_length=2000, blank=True)
    #: Set where the source is another article of the project.
    article = models.ForeignKey(
        "annotations.Article", models.PROTECT, null=True, blank=True, related_name="as_source"
    )
    access = choice(Access, default=Access.OPEN)
    language = models.CharField(max_length=35, blank=True)
    note = models.TextField(blank=True)
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("title", "uuid")
        constraints = [
            models.UniqueConstraint(
                fields=("project", "url"), condition=~Q(url=""), name="source_url_unique"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="http://") | Q(url__startswith="https://"),
                name="source_url_http",
            ),
            models.CheckConstraint(
                condition=~Q(access=Access.CONFIDENTIAL) | Q(url=""),
                name="source_confidential_has_no_url",
            ),
            *one_of("source", kind=SourceKind, level__blank=SourceLevel, access=Access),
        ]

    def __str__(self) -> str:
        return self.title


class Citation(Record):
    """A source brought to bear on an assertion."""

    assertion = models.ForeignKey(Assertion, models.PROTECT, related_name="citations")
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations")
    stance = choice(Stance, default=Stance.SUPPORTS)
    #: Verbatim, as it can be found in the source.
    quotation = models.TextField(blank=True)
    #: The original wording and its language where ``quotation`` is a translation.
    original_quotation = models.TextField(blank=True)
    original_language = models.CharField(max_length=35, blank=True)
    locator = models.CharField(max_length=200, blank=True)
    accessed_on = models.DateField(null=True, blank=True)
    archive_url = models.CharField(max_length=2000, blank=True)
    archived_on = models.DateField(null=True, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    confirmed_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "uuid")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("added_by")),
                name="citation_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(archive_url="")
                | Q(archive_url__startswith="http://")
                | Q(archive_url__startswith="https://"),
                name="citation_archive_url_http",
            ),
            *one_of("citation", stance=Stance),
        ]
