"""The tables: what a row is, and which rows are refused."""

from annotations.models.article import Article, Block
from annotations.models.base import Record
from annotations.models.evidence import Assertion, AssertionRelation, Citation, Source, WorkLogEntry
from annotations.models.history import Event, Stream
from annotations.models.local import (
    ApiToken,
    ConfidentialDetails,
    ConfidentialDigest,
    Export,
    ImportBatch,
    ImportItem,
    InboxItem,
    Lease,
    Membership,
    PersonAccount,
    ReadMark,
    Receipt,
    Salt,
    WithheldPayload,
)
from annotations.models.project import Label, Person, Project
from annotations.models.review import Assignment, Comment, Decision, SignOff
from annotations.models.search import SearchEntry
from annotations.models.span import Span, Speaker

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
    "ConfidentialDigest",
    "Decision",
    "Event",
    "Export",
    "ImportBatch",
    "ImportItem",
    "InboxItem",
    "Label",
    "Lease",
    "Membership",
    "Person",
    "PersonAccount",
    "Project",
    "ReadMark",
    "Receipt",
    "Record",
    "Salt",
    "SearchEntry",
    "SignOff",
    "Source",
    "Span",
    "Speaker",
    "Stream",
    "WithheldPayload",
    "WorkLogEntry",
]
