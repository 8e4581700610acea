"""An article, whose text never changes, and its blocks."""

from django.db import models
from django.db.models import F, Q

from annotations.domain.vocabulary import BlockRole, BlockTag
from annotations.models.base import Record, choice, json_field, now, one_of
from annotations.models.project import Person, Project


class Article(Record):
    """One version of an article; offsets count code points of ``text``, end exclusive."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="articles")
    title = models.CharField(max_length=500)
    byline = models.CharField(max_length=500, blank=True)
    #: The publisher of record, and the site that this text was taken from.
    publisher = models.CharField(max_length=300, blank=True)
    site = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    #: An ISO prefix whose length is its precision: "2021", "2021-09", "2021-09-14", "".
    published = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=35, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    redistributable = models.BooleanField(default=False)
    name = models.CharField(max_length=300, blank=True)
    media_type = models.CharField(max_length=100, default="text/plain")
    source_sha256 = models.CharField(max_length=64)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    #: Inline standoff markup: ``[start, end, tag, {attributes}]`` in order of start.
    markup = json_field(default=list)
    #: What was done to the text at import.
    changes = json_field(default=list)
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="next"
    )
    imported_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(default=now)
    purged_at = models.DateTimeField(null=True, blank=True)
    purge_reason = models.CharField(max_length=500, blank=True)

    DIGESTED = ("text", "markup")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("project", "text_sha256"),
                condition=Q(purged_at=None),
                name="article_text_unique",
            ),
            models.UniqueConstraint(
                fields=("project", "url"),
                condition=Q(previous=None) & ~Q(url=""),
                name="article_url_unique",
            ),
            # It becomes a link on pages, and a fixture brings it past every action.
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="http://") | Q(url__startswith="https://"),
                name="article_url_http",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Block(Record):
    """A paragraph, heading, caption… of an article, and what part it plays there."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="blocks")
    index = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    tag = choice(BlockTag, default=BlockTag.PARAGRAPH)
    role = choice(BlockRole, default=BlockRole.BODY)
    #: Whether a person decided the role; an importer only proposes it.
    confirmed = models.BooleanField(default=False)
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="repeats"
    )
    #: How alike the repeat is to its original, 0 to 100.
    score = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("article", "index")
        constraints = [
            models.UniqueConstraint(fields=("article", "index"), name="block_index_unique"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="block_not_empty"),
            *one_of("block", tag=BlockTag, role=BlockRole),
        ]
