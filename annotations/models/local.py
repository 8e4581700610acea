"""What belongs to this database alone: accounts, rights, receipts. Never exported, no history."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.domain.vocabulary import InboxKind, Role
from annotations.models.article import Article, Block
from annotations.models.base import choice, json_field, now, one_of
from annotations.models.evidence import Source
from annotations.models.history import Event
from annotations.models.project import Person, Project
from annotations.models.review import Assignment, Comment, Decision


class PersonAccount(models.Model):
    """The link of a person to an account; an ended link is kept, for the four-eyes rule.

    Who holds the four eyes together is the account, so it is deactivated and never deleted.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="links")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="people")
    since = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("person",), condition=Q(ended_at=None), name="one_account_a_person"
            ),
            models.UniqueConstraint(
                fields=("project", "account"),
                condition=Q(ended_at=None),
                name="one_person_an_account_and_project",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} as {self.person}"


class Salt(models.Model):
    """What makes the digests of this database's secrets unguessable; one row, made when needed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_salt_a_database")]

    def __str__(self) -> str:
        return "the salt of this database"


class WithheldPayload(models.Model):
    """A payload that was withheld from the fixture it came with, so that its absence is no fault.

    Written at loading; what is empty here and not named here must have been erased.
    """

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="withheld")

    def __str__(self) -> str:
        return f"withheld: {self.event}"


class Membership(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
    )
    role = choice(Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("project", "account"), name="one_membership_an_account_and_project"
            ),
            *one_of("membership", role=Role),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.role}"


class ConfidentialDetails(models.Model):
    """Who or what a confidential source is, for the people named as its readers."""

    source = models.OneToOneField(Source, models.CASCADE, related_name="confidential")
    details = models.TextField()
    readers = models.ManyToManyField(Person, related_name="+")

    def __str__(self) -> str:
        return f"details of {self.source}"


class ConfidentialDigest(models.Model):
    """What a confidential source was when it was last changed here, as a salted digest.

    No event tells of it, so ``verify`` holds the source, its details and their readers to this.
    """

    source = models.OneToOneField(
        Source, models.CASCADE, primary_key=True, related_name="confidential_digest"
    )
    value = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"digest of {self.source_id}"


class Receipt(models.Model):
    """What became of a request that carried an idempotency key; kept for 90 days."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    key = models.UUIDField()
    request_sha256 = models.CharField(max_length=64)
    operation = models.UUIDField(null=True)
    #: The row that the request made, where it made one.
    made = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("person", "key"), name="one_receipt_a_key")]

    def __str__(self) -> str:
        return str(self.key)


class ReadMark(models.Model):
    """One reader's tick that a block was read."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="read_marks")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("block", "person"), name="one_tick_a_reader")
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.block}"


class Export(models.Model):
    """A file that left: who took it, when, what was asked for, and which sources it names.

    Written when the file was made whole. What became confidential since is still in it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="exports")
    #: None: from the command line of this machine.
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=now)
    format = models.CharField(max_length=40)
    #: What was asked for, as the page or the command has it.
    selection = json_field(default=dict)
    #: None where the file is no list of articles.
    articles = models.PositiveIntegerField(null=True)
    file_name = models.CharField(max_length=1000)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    #: Length and head of the project's own history when it was made.
    head_sequence = models.PositiveIntegerField()
    head_hash = models.CharField(max_length=64)
    #: The sources of which it says what they are.
    sources = models.ManyToManyField(Source, related_name="exports")

    class Meta:
        indexes = [models.Index(fields=("project", "-at"), name="export_newest_first")]

    def __str__(self) -> str:
        return self.file_name


class InboxItem(models.Model):
    """What concerns an account: a mention, an answer, a span returned, an assignment.

    It only points: whether it still holds (a comment withdrawn, a decision void) and may be read
    is asked of the rows when it is shown. Written where they are, so that the number of unread
    ones, which every page shows, comes from a short index.
    """

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    #: As whom it concerns the account.
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = choice(InboxKind)
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="+")
    decision = models.ForeignKey(Decision, models.CASCADE, null=True, related_name="+")
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="+")
    #: When it happened.
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *(
                models.UniqueConstraint(fields=("account", about), name=f"inbox_one_a_{about}")
                for about in ("comment", "decision", "assignment")
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[InboxKind.MENTION, InboxKind.REPLY],
                    comment__isnull=False,
                    decision=None,
                    assignment=None,
                )
                | Q(kind=InboxKind.DECISION, comment=None, decision__isnull=False, assignment=None)
                | Q(
                    kind=InboxKind.ASSIGNMENT,
                    comment=None,
                    decision=None,
                    assignment__isnull=False,
                ),
                name="inbox_item_is_of_its_kind",
            ),
            *one_of("inboxitem", kind=InboxKind),
        ]
        indexes = [
            models.Index(fields=("account", "-at", "-id"), name="inbox_newest_first"),
            models.Index(fields=("account", "-at"), condition=Q(read_at=None), name="inbox_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person}"


class ApiToken(models.Model):
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Work that one process at a time does: who does it, until when, and how far it is.

    Times are the database's own: two servers' clocks need not agree.
    """

    name = models.CharField(max_length=100, primary_key=True)
    #: The process that holds it; one may hold many.
    holder = models.UUIDField(db_index=True)
    #: When it was taken or last renewed.
    beat_at = models.DateTimeField()
    until = models.DateTimeField()
    #: None where the work does not tell.
    done = models.PositiveIntegerField(null=True)
    total = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """Files on their way into a project: uploaded, read, shown, then stored or dropped."""

    class State(models.TextChoices):
        READING = "reading", "reading"
        PREVIEW = "preview", "waiting for you"
        STORING = "storing", "storing"
        DONE = "done", "done"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    state = choice(State, default=State.READING)
    created_at = models.DateTimeField(default=now)
    #: Files to read, or articles to store: what progress is counted against.
    total = models.PositiveIntegerField(default=0)
    #: When its last turn ended: whoever has waited longest is next.
    beat_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(
                fields=("beat_at",),
                condition=Q(state__in=["reading", "storing"]),
                name="importbatch_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state}: {self.pk}"


class ImportItem(models.Model):
    """One article (or one refused file or line) of a batch."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting to be read"
        READ = "read", "read"
        REFUSED = "refused", "refused"
        KNOWN = "known", "here already"
        VERSION = "version", "a new version of an article here"
        STORED = "stored", "stored"
        DROPPED = "dropped", "left out"

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    state = choice(State, default=State.WAITING)
    #: The file as uploaded, until it is read, and how often that was begun.
    content = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Metadata that whoever uploaded it says of it; it outranks what the file says.
    given = json_field(default=dict)
    #: The licence where neither the file nor ``given`` names one.
    licence = models.CharField(max_length=200, blank=True)
    redistributable = models.BooleanField(default=False)
    #: The article as read, with corrections made in the preview, until it is stored.
    draft = json_field(null=True)
    #: What a list shows of the draft, which may be long (``domain.drafts.summary``).
    summary = json_field(default=dict)
    message = models.TextField(blank=True)
    #: The article that is there already, is the version before, or was stored.
    article = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("batch", "position", "id")

    def __str__(self) -> str:
        return self.name
