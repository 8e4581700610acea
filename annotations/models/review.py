"""Second reading, talk, assignments and sign-off."""

from django.db import models
from django.db.models import Q

from annotations.domain.vocabulary import AssignmentKind, Outcome, ReturnReason
from annotations.models.article import Article
from annotations.models.base import Record, choice, json_field, now, one_of
from annotations.models.history import Stream
from annotations.models.project import Person
from annotations.models.span import Span


class Decision(Record):
    """A second reader's word on a span, and the digest of what the form showed."""

    span = models.ForeignKey(Span, models.PROTECT, related_name="decisions")
    reader = models.ForeignKey(Person, models.PROTECT, related_name="decisions")
    outcome = choice(Outcome)
    reason_code = choice(ReturnReason, blank=True, default="")
    reason = models.TextField(blank=True)
    #: The fields a proposed change sets, as the span's row has them.
    proposal = json_field(null=True, blank=True)
    #: SHA-256 of boundaries, label, voice, citations and verdict as the form showed them.
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)
    #: When what it was about changed; a voided decision counts no more.
    voided_at = models.DateTimeField(null=True, blank=True)
    #: When the author took a proposal, or kept what was there; who answered so, and why.
    taken_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(blank=True, default="")
    #: The decision that was made on an earlier version, where this one was carried over from it.
    carried_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="carried_to"
    )
    #: Of one that was carried over: the number of the version that was read (``queries.carrying``).
    read_in: int | None = None

    class Meta:
        ordering = ("made_at", "uuid")
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.RETURNED) | ~Q(reason_code=""),
                name="decision_return_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.PROPOSED) | Q(proposal__isnull=False),
                name="decision_proposal_proposes",
            ),
            *one_of("decision", outcome=Outcome, reason_code__blank=ReturnReason),
        ]


class Comment(Record):
    article = models.ForeignKey(Article, models.PROTECT, related_name="comments")
    stream = models.ForeignKey(Stream, models.PROTECT, related_name="+")
    span = models.ForeignKey(Span, models.PROTECT, null=True, blank=True, related_name="comments")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(Person, models.PROTECT, related_name="comments")
    body = models.TextField()
    #: The people mentioned, as UUIDs.
    mentions = json_field(default=list, blank=True)
    created_at = models.DateTimeField(default=now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "uuid")
        indexes = [models.Index(fields=("article", "created_at"), name="comment_in_order")]


class Assignment(Record):
    article = models.ForeignKey(Article, models.PROTECT, related_name="assignments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="assignments")
    kind = choice(AssignmentKind, default=AssignmentKind.ANNOTATE)
    due = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("article", "person", "kind"),
                condition=Q(done_at=None, withdrawn_at=None),
                name="assignment_live_once",
            ),
            *one_of("assignment", kind=AssignmentKind),
        ]
        indexes = [
            models.Index(
                fields=("person",),
                condition=Q(done_at=None, withdrawn_at=None),
                name="assignment_live",
            )
        ]


class SignOff(Record):
    """One signature under one version of an article, and the digest of all it covers."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="sign_offs")
    signer = models.ForeignKey(Person, models.PROTECT, related_name="sign_offs")
    signed_at = models.DateTimeField(default=now)
    #: The scheme that says what the items are made of (``queries.signing``).
    scheme = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    #: The digest of each covered item by its name: what ``digest`` is made of.
    items = json_field(default=dict)
    #: ``{"blocker": …, "reason": …}`` for each block that was waived.
    waivers = json_field(default=list, blank=True)
    sole_author = models.BooleanField(default=False)
    policy_version = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField()
    #: Length and head of the article's stream just before the signature.
    head_sequence = models.PositiveIntegerField()
    head_hash = models.CharField(max_length=64, blank=True)
    lapsed_at = models.DateTimeField(null=True, blank=True)
    #: The items that changed first, by name, with what happened to each.
    lapse = json_field(default=list, blank=True)

    class Meta:
        ordering = ("signed_at", "uuid")
