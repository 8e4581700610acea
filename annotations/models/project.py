"""A project, the people it knows and the labels they use."""

from django.db import models

from annotations.domain.policy import Policy
from annotations.domain.vocabulary import LabelKind, Mode, Preset
from annotations.models.base import Record, choice, json_field, now, one_of


class Project(Record):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200, blank=True)
    mode = choice(Mode, default=Mode.SHARED)
    preset = choice(Preset, default=Preset.DESK)
    guidelines = models.TextField(blank=True)
    guideline_version = models.PositiveIntegerField(default=1)
    policy = json_field(default=dict)
    policy_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = one_of("project", mode=Mode, preset=Preset)

    def __str__(self) -> str:
        return self.name

    @property
    def rules(self) -> Policy:
        return Policy.from_json(self.policy)


class Person(Record):
    """Who acts, writes and reads in a project; linked to an account only in this database."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="people")
    name = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.name


class Label(Record):
    project = models.ForeignKey(Project, models.PROTECT, related_name="labels")
    key = models.CharField(max_length=1)
    name = models.CharField(max_length=40)
    kind = choice(LabelKind)
    colour = models.CharField(max_length=7, blank=True)
    definition = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False)

    class Meta:
        ordering = ("position", "key")
        constraints = [
            models.UniqueConstraint(fields=("project", "key"), name="label_key_unique"),
            *one_of("label", kind=LabelKind),
        ]

    def __str__(self) -> str:
        return self.name
