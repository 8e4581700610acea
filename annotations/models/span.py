"""A span of an article and the voice it stands in."""

from django.db import models
from django.db.models import F, Q

from annotations.domain.vocabulary import CarryState, Certainty, ClaimKind, QuoteKind, Voice
from annotations.models.article import Article
from annotations.models.base import Record, choice, json_field, now, one_of
from annotations.models.history import Stream
from annotations.models.project import Label, Person, Project


class Speaker(Record):
    """Somebody quoted in articles: a person, a body or a document's author."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="speakers")
    name = models.CharField(max_length=200)
    aliases = json_field(default=list, blank=True)
    role = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("name", "uuid")

    def __str__(self) -> str:
        return self.name


class Span(Record):
    """``article.text[start:end]``, marked by one person as one label in one voice."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="spans")
    stream = models.ForeignKey(Stream, models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    label = models.ForeignKey(Label, models.PROTECT, related_name="spans")
    author = models.ForeignKey(Person, models.PROTECT, related_name="spans")
    created_at = models.DateTimeField(default=now)
    note = models.TextField(blank=True)
    voice = choice(Voice, default=Voice.AUTHOR)
    speaker = models.ForeignKey(
        Speaker, models.PROTECT, null=True, blank=True, related_name="spans"
    )
    #: Through whom the words reach us: "the agency, on what the ministry asked".
    chain = models.CharField(max_length=300, blank=True)
    quote_kind = choice(QuoteKind, default=QuoteKind.NONE)
    claim_kind = choice(ClaimKind, blank=True, default="")
    certainty = choice(Certainty, default=Certainty.ASSERTED)
    check_worthiness = models.PositiveSmallIntegerField(null=True, blank=True)
    uncertain = models.BooleanField(default=False)
    assertion = models.ForeignKey(
        "annotations.Assertion", models.PROTECT, null=True, blank=True, related_name="spans"
    )
    #: The people (32 hex digits each, sorted, with a blank between) who wrote its label,
    #: boundaries, voice, verdict or citations since it was last accepted.
    authors = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    carried_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="carried_to"
    )
    carry_state = choice(CarryState, blank=True, default="")
    carry_score = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Whether a person has looked at a doubtful carrying-over.
    carry_settled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="span_not_empty"),
            models.CheckConstraint(
                condition=~Q(voice=Voice.NAMED) | Q(speaker__isnull=False),
                name="span_named_voice_has_speaker",
            ),
            models.CheckConstraint(
                condition=Q(check_worthiness=None) | Q(check_worthiness__lte=3),
                name="span_check_worthiness_to_3",
            ),
            *one_of(
                "span",
                voice=Voice,
                quote_kind=QuoteKind,
                claim_kind__blank=ClaimKind,
                certainty=Certainty,
                carry_state__blank=CarryState,
            ),
        ]
        indexes = [
            models.Index(fields=("article", "start", "end"), name="span_in_text_order"),
            # Lists count the live spans of a project: from the index alone, of each article.
            models.Index(
                fields=("article",), condition=models.Q(withdrawn_at=None), name="span_live"
            ),
        ]

    def __str__(self) -> str:
        return self.quote
