"""The tables: what a row is, and which rows are refused."""

from .article import Article, Block
from .base import Record
from .evidence import (
    Assertion,
    AssertionRelation,
    Citation,
    Source,
    WorkLogEntry,
)
from .history import Event, Stream
from .local import (
    ApiToken,
    ConfidentialDetails,
    ImportBatch,
    ImportItem,
    Membership,
    PersonAccount,
    ReadMark,
    Receipt,
)
from .project import Label, Person, Project
from .review import Assignment, Comment, Decision, SignOff
from .span import Span, Speaker

__all__ = [
    "ApiToken",
    "Article",
    "Assertion",
    "AssertionRelation",
    "Assignment",
    "Block",
    "Citation",
    "Comment",
    "ConfidentialDetails",
    "Decision",
    "Event",
    "ImportBatch",
    "ImportItem",
    "Label",
    "Membership",
    "Person",
    "PersonAccount",
    "Project",
    "ReadMark",
    "Receipt",
    "Record",
    "SignOff",
    "Source",
    "Span",
    "Speaker",
    "Stream",
    "WorkLogEntry",
]
