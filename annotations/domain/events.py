"""The kinds of events, each the past tense of one action, with the words a history page shows."""

from collections import Counter
from enum import StrEnum


class Kind(StrEnum):
    PROJECT_CREATED = "project.created"
    PROJECT_CHANGED = "project.changed"
    PERSON_ADDED = "person.added"
    PERSON_RENAMED = "person.renamed"
    MEMBER_SET = "member.set"
    MEMBER_REMOVED = "member.removed"
    PERSON_LINKED = "person.linked"
    LABEL_ADDED = "label.added"
    LABEL_CHANGED = "label.changed"
    SPEAKER_ADDED = "speaker.added"
    SPEAKER_CHANGED = "speaker.changed"
    SOURCE_ADDED = "source.added"
    SOURCE_CHANGED = "source.changed"
    ARTICLE_IMPORTED = "article.imported"
    ARTICLES_LISTED = "articles.listed"
    ARTICLE_SUPERSEDED = "article.superseded"
    ARTICLE_CHANGED = "article.changed"
    ARTICLE_PURGED = "article.purged"
    ROLES_SET = "block.roles_set"
    SPAN_ADDED = "span.added"
    SPAN_CHANGED = "span.changed"
    SPAN_WITHDRAWN = "span.withdrawn"
    SPAN_RESTORED = "span.restored"
    SPANS_CARRIED = "span.carried"
    SPANS_SETTLED = "span.settled"
    SPANS_PLACED = "span.placed"
    SPAN_LEFT = "span.left"
    SPAN_EVIDENCE_CHANGED = "span.evidence_changed"
    ASSERTION_ADDED = "assertion.added"
    ASSERTION_CHANGED = "assertion.changed"
    ASSERTION_JOINED = "assertion.joined"
    EVIDENCE_MOVED = "assertion.evidence_moved"
    ASSERTION_SPLIT = "assertion.split"
    ASSERTION_SHARED = "assertion.shared"
    ASSERTIONS_RELATED = "assertion.related"
    RELATION_WITHDRAWN = "assertion.relation_withdrawn"
    VERDICT_SET = "verdict.set"
    WORK_LOGGED = "work.logged"
    WORK_LOG_WITHDRAWN = "work.log_withdrawn"
    WORK_STATE_SET = "work.state_set"
    CITATION_ADDED = "citation.added"
    CITATION_CHANGED = "citation.changed"
    CITATION_CONFIRMED = "citation.confirmed"
    CITATION_WITHDRAWN = "citation.withdrawn"
    CITATION_RESTORED = "citation.restored"
    DECISION_MADE = "decision.made"
    ASKED_AGAIN = "decision.asked_again"
    PROPOSAL_TAKEN = "decision.proposal_taken"
    PROPOSAL_DECLINED = "decision.proposal_declined"
    COMMENT_ADDED = "comment.added"
    COMMENT_CHANGED = "comment.changed"
    COMMENT_WITHDRAWN = "comment.withdrawn"
    COMMENT_RESOLVED = "comment.resolved"
    COMMENT_REOPENED = "comment.reopened"
    ASSIGNMENT_MADE = "assignment.made"
    ASSIGNMENT_WITHDRAWN = "assignment.withdrawn"
    ASSIGNMENT_DONE = "assignment.done"
    SIGNED_OFF = "article.signed_off"
    SIGN_OFF_LAPSED = "article.sign_off_lapsed"
    UNDONE = "operation.undone"
    REDONE = "operation.redone"
    PAYLOAD_ERASED = "payload.erased"


#: What a history page says; the actor stands before it.
WORDS: dict[Kind, str] = {
    Kind.PROJECT_CREATED: "created the project",
    Kind.PROJECT_CHANGED: "changed the project’s settings",
    Kind.PERSON_ADDED: "added a person",
    Kind.PERSON_RENAMED: "renamed a person",
    Kind.MEMBER_SET: "set a member’s role",
    Kind.MEMBER_REMOVED: "removed a member",
    Kind.PERSON_LINKED: "linked a person to an account",
    Kind.LABEL_ADDED: "added a label",
    Kind.LABEL_CHANGED: "changed a label",
    Kind.SPEAKER_ADDED: "added a speaker",
    Kind.SPEAKER_CHANGED: "changed a speaker",
    Kind.SOURCE_ADDED: "added a source",
    Kind.SOURCE_CHANGED: "changed a source",
    Kind.ARTICLE_IMPORTED: "imported the article",
    Kind.ARTICLES_LISTED: "listed articles in the project’s history",
    Kind.ARTICLE_SUPERSEDED: "imported a newer version of the article",
    Kind.ARTICLE_CHANGED: "corrected the article’s details",
    Kind.ARTICLE_PURGED: "removed the article’s text",
    Kind.ROLES_SET: "set the roles of blocks",
    Kind.SPAN_ADDED: "marked a span",
    Kind.SPAN_CHANGED: "changed a span",
    Kind.SPAN_WITHDRAWN: "withdrew a span",
    Kind.SPAN_RESTORED: "restored a span",
    Kind.SPANS_CARRIED: "carried spans over from the version before",
    Kind.SPANS_SETTLED: "settled a span carried over",
    Kind.SPANS_PLACED: "placed a span of the version before",
    Kind.SPAN_LEFT: "left a span with the version before",
    Kind.SPAN_EVIDENCE_CHANGED: "changed the evidence of a span",
    Kind.ASSERTION_ADDED: "opened an assertion",
    Kind.ASSERTION_CHANGED: "changed an assertion",
    Kind.ASSERTION_JOINED: "joined a span to an assertion",
    Kind.EVIDENCE_MOVED: "moved the evidence of an assertion to the one its span joined",
    Kind.ASSERTION_SPLIT: "split a span off its assertion",
    Kind.ASSERTION_SHARED: "shared an assertion between articles",
    Kind.ASSERTIONS_RELATED: "related two assertions",
    Kind.RELATION_WITHDRAWN: "withdrew a relation between assertions",
    Kind.VERDICT_SET: "gave a verdict",
    Kind.WORK_LOGGED: "logged a search or contact",
    Kind.WORK_LOG_WITHDRAWN: "withdrew a logged search or contact",
    Kind.WORK_STATE_SET: "set the state of the work",
    Kind.CITATION_ADDED: "cited a source",
    Kind.CITATION_CHANGED: "changed a citation",
    Kind.CITATION_CONFIRMED: "confirmed that the source says it",
    Kind.CITATION_WITHDRAWN: "withdrew a citation",
    Kind.CITATION_RESTORED: "restored a citation",
    Kind.DECISION_MADE: "decided on a span",
    Kind.ASKED_AGAIN: "asked for a second reading of what was accepted in an earlier version",
    Kind.PROPOSAL_TAKEN: "took a proposed change",
    Kind.PROPOSAL_DECLINED: "kept a span against a proposed change",
    Kind.COMMENT_ADDED: "commented",
    Kind.COMMENT_CHANGED: "changed a comment",
    Kind.COMMENT_WITHDRAWN: "withdrew a comment",
    Kind.COMMENT_RESOLVED: "resolved a comment",
    Kind.COMMENT_REOPENED: "reopened a comment",
    Kind.ASSIGNMENT_MADE: "assigned the article",
    Kind.ASSIGNMENT_WITHDRAWN: "withdrew an assignment",
    Kind.ASSIGNMENT_DONE: "finished an assignment",
    Kind.SIGNED_OFF: "signed the article off",
    Kind.SIGN_OFF_LAPSED: "changed what a sign-off covered, so that it lapsed",
    Kind.UNDONE: "undid an operation",
    Kind.REDONE: "redid an operation",
    Kind.PAYLOAD_ERASED: "erased payloads",
}

#: The tables of the rows that an event of a kind may tell of: what one whose payload is withheld
#: could have said. Kinds that are not here tell of no row.
TELLS_OF: dict[Kind, frozenset[str]] = {
    kind: frozenset(tables.split())
    for kind, tables in {
        Kind.PROJECT_CREATED: "project person label",
        Kind.PROJECT_CHANGED: "project",
        Kind.PERSON_ADDED: "person",
        Kind.PERSON_RENAMED: "person",
        Kind.LABEL_ADDED: "label",
        Kind.LABEL_CHANGED: "label",
        Kind.SPEAKER_ADDED: "speaker",
        Kind.SPEAKER_CHANGED: "speaker",
        Kind.SOURCE_ADDED: "source",
        Kind.SOURCE_CHANGED: "source citation",
        Kind.ARTICLE_IMPORTED: "article block",
        Kind.ARTICLE_CHANGED: "article",
        Kind.ARTICLE_PURGED: "article signoff",
        Kind.ROLES_SET: "block",
        Kind.SPAN_ADDED: "span",
        Kind.SPAN_CHANGED: "span decision",
        Kind.SPAN_WITHDRAWN: "span",
        Kind.SPAN_RESTORED: "span",
        Kind.SPANS_CARRIED: "span decision",
        Kind.SPANS_SETTLED: "span decision",
        Kind.SPANS_PLACED: "span",
        Kind.SPAN_EVIDENCE_CHANGED: "span decision",
        Kind.ASSERTION_ADDED: "assertion span",
        Kind.ASSERTION_CHANGED: "assertion",
        Kind.ASSERTION_JOINED: "span decision",
        Kind.EVIDENCE_MOVED: ("citation worklogentry assertion span decision assertionrelation"),
        Kind.ASSERTION_SPLIT: "span decision",
        Kind.ASSERTION_SHARED: "assertion",
        Kind.ASSERTIONS_RELATED: "assertionrelation",
        Kind.RELATION_WITHDRAWN: "assertionrelation",
        Kind.VERDICT_SET: "assertion span decision",
        Kind.WORK_LOGGED: "worklogentry",
        Kind.WORK_LOG_WITHDRAWN: "worklogentry",
        Kind.WORK_STATE_SET: "assertion",
        Kind.CITATION_ADDED: "citation span decision",
        Kind.CITATION_CHANGED: "citation span decision",
        Kind.CITATION_CONFIRMED: "citation",
        Kind.CITATION_WITHDRAWN: "citation span decision",
        Kind.CITATION_RESTORED: "citation span decision",
        Kind.DECISION_MADE: "decision",
        Kind.ASKED_AGAIN: "decision",
        Kind.PROPOSAL_TAKEN: "decision span",
        Kind.PROPOSAL_DECLINED: "decision",
        Kind.COMMENT_ADDED: "comment",
        Kind.COMMENT_CHANGED: "comment",
        Kind.COMMENT_WITHDRAWN: "comment",
        Kind.COMMENT_RESOLVED: "comment",
        Kind.COMMENT_REOPENED: "comment",
        Kind.ASSIGNMENT_MADE: "assignment",
        Kind.ASSIGNMENT_WITHDRAWN: "assignment",
        Kind.ASSIGNMENT_DONE: "assignment",
        Kind.SIGNED_OFF: "signoff",
        Kind.SIGN_OFF_LAPSED: "signoff",
        **dict.fromkeys(
            (Kind.UNDONE, Kind.REDONE),
            "article block span assertion assertionrelation worklogentry citation decision "
            "comment assignment",
        ),
    }.items()
}

#: The words of the kinds that may tell of several rows of one table at once.
MANY: dict[Kind, tuple[str, str]] = {
    Kind.SPAN_ADDED: ("span", "marked {} spans"),
    Kind.SPAN_RESTORED: ("span", "restored {} spans"),
    Kind.SPANS_SETTLED: ("span", "settled {} spans carried over"),
    Kind.SPANS_PLACED: ("span", "placed {} spans of the version before"),
    Kind.CITATION_RESTORED: ("citation", "restored {} citations"),
    Kind.ROLES_SET: ("block", "set the roles of {} blocks"),
}


def in_words(kind: Kind, rows: Counter[str]) -> str:
    """Return what a history page says of an event that wrote to so many ``rows`` of each table.

    >>> in_words(Kind.SPAN_ADDED, Counter(span=12))
    'marked 12 spans'
    """
    table, words = MANY.get(kind, ("", ""))
    return words.format(rows[table]) if rows[table] > 1 else WORDS[kind]
