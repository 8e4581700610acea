"""The closed lists of the field: every stored choice and its words for people.

Values are stored and exported and never change; labels are shown.
"""

from django.db.models import TextChoices


class Mode(TextChoices):
    SHARED = "shared", "shared: all work on one layer"
    INDEPENDENT = "independent", "independent: a layer each, then adjudication"


class Preset(TextChoices):
    DESK = "desk", "Desk: one layer, a second reader for every span, one sign-off"
    DATASET = "dataset", "Dataset: two annotators an article, then adjudication"
    SOLO = "solo", "Solo: one person, no second reader, and the certificate says so"


class Role(TextChoices):
    VIEWER = "viewer", "viewer"
    ANNOTATOR = "annotator", "annotator"
    REVIEWER = "reviewer", "reviewer"
    MANAGER = "manager", "manager"


class LabelKind(TextChoices):
    FACT = "fact", "fact"
    CLAIM = "claim", "claim"
    OPINION = "opinion", "opinion"
    OTHER = "other", "other"


class Voice(TextChoices):
    """Whose statement a span is."""

    AUTHOR = "author", "author"
    NAMED = "named", "named speaker"
    UNNAMED = "unnamed", "unnamed speaker"
    DOCUMENT = "document", "document"


class QuoteKind(TextChoices):
    NONE = "none", "no quotation"
    DIRECT = "direct", "direct quotation"
    INDIRECT = "indirect", "indirect quotation"
    SCARE = "scare", "scare quotes"
    TERM = "term", "quoted term"
    TRANSLATED = "translated", "translated quotation"


class ClaimKind(TextChoices):
    EVENT = "event", "event or property"
    QUANTITY = "quantity", "quantity"
    COMPARISON = "comparison", "comparison"
    CAUSAL = "causal", "cause"
    RULE = "rule", "law or rule"
    QUOTE = "quote", "quotation"
    POSITION = "position", "position"
    MOTIVE = "motive", "motive or plan"
    PREDICTION = "prediction", "prediction"
    HISTORICAL = "historical", "history"
    EXPERIENCE = "experience", "personal experience"


class Certainty(TextChoices):
    ASSERTED = "asserted", "asserted"
    HEDGED = "hedged", "hedged"
    DENIED = "denied", "denied"
    CONDITIONAL = "conditional", "conditional"


class BlockTag(TextChoices):
    """What a block is in the text's structure, apart from its role."""

    PARAGRAPH = "p", "paragraph"
    H1 = "h1", "heading 1"
    H2 = "h2", "heading 2"
    H3 = "h3", "heading 3"
    H4 = "h4", "heading 4"
    H5 = "h5", "heading 5"
    H6 = "h6", "heading 6"
    QUOTE = "blockquote", "quotation"
    ITEM = "li", "list item"
    CAPTION = "figcaption", "caption"
    PRE = "pre", "preformatted"


class MarkupTag(TextChoices):
    """Inline standoff markup; everything else of a page is dropped, its text kept."""

    LINK = "a", "link"
    EMPHASIS = "em", "emphasis"
    STRONG = "strong", "strong emphasis"
    CODE = "code", "code"
    SUBSCRIPT = "sub", "subscript"
    SUPERSCRIPT = "sup", "superscript"


class BlockRole(TextChoices):
    HEADLINE = "headline", "headline"
    STANDFIRST = "standfirst", "standfirst"
    SECTION = "section", "section label"
    BYLINE = "byline", "byline"
    BODY = "body", "body"
    HEADING = "heading", "heading"
    CAPTION = "caption", "caption"
    CREDIT = "credit", "credit or alt text"
    PULL_QUOTE = "pull_quote", "pull quote"
    AUTHOR_BIO = "author_bio", "author bio"
    SITE_BIO = "site_bio", "site bio"
    BOILERPLATE = "boilerplate", "boilerplate"


#: Roles that are annotated and counted unless the project says otherwise.
COUNTED_ROLES = (
    BlockRole.HEADLINE,
    BlockRole.STANDFIRST,
    BlockRole.HEADING,
    BlockRole.BODY,
    BlockRole.CAPTION,
)


class CarryState(TextChoices):
    """How a span was found again in the next version of its article."""

    UNCHANGED = "unchanged", "unchanged"
    MOVED = "moved", "moved"
    REWORDED = "reworded", "reworded"
    GONE = "gone", "gone"


class WorkState(TextChoices):
    TODO = "todo", "to do"
    SEARCHING = "searching", "searching"
    NOTHING_FOUND = "nothing_found", "searched, nothing found"
    WAITING = "waiting", "waiting for a reply"
    ON_AUTHOR = "on_author", "on author"
    NOT_DUE = "not_due", "not due"
    DONE = "done", "done"


class Verdict(TextChoices):
    SUPPORTED = "supported", "supported"
    REFUTED = "refuted", "refuted"
    NOT_ENOUGH = "not_enough", "not enough evidence"
    CONFLICTING = "conflicting", "conflicting evidence"


class Stance(TextChoices):
    SUPPORTS = "supports", "supports"
    PARTLY = "partly", "partly supports"
    REFUTES = "refutes", "refutes"
    CONTEXT = "context", "context"


class SourceKind(TextChoices):
    OFFICIAL = "official", "official document"
    STATISTICS = "statistics", "statistics"
    LEGAL = "legal", "court or legal document"
    PAPER = "paper", "peer-reviewed paper"
    PREPRINT = "preprint", "preprint"
    DATASET = "dataset", "data set"
    NEWS = "news", "news report"
    WIRE = "wire", "wire report"
    BOOK = "book", "book"
    SPEECH = "speech", "speech or transcript"
    AUDIO_VIDEO = "audio_video", "audio or video"
    SOCIAL = "social", "social media post"
    INTERVIEW = "interview", "interview"
    LETTER = "letter", "letter or e-mail"
    IMAGE = "image", "image or map"
    FACT_CHECK = "fact_check", "fact-check"
    REFERENCE = "reference", "reference work"
    WEB = "web", "web page"
    ARTICLE = "article", "another article of the project"


#: Kinds that have no address on the web.
KINDS_WITHOUT_URL = (SourceKind.BOOK, SourceKind.INTERVIEW, SourceKind.LETTER, SourceKind.ARTICLE)


class SourceLevel(TextChoices):
    PRIMARY = "primary", "primary"
    SECONDARY = "secondary", "secondary"
    TERTIARY = "tertiary", "tertiary"


class Side(TextChoices):
    """Whose wording or verdict holds where a span joins an assertion."""

    OWN = "own", "this span’s"
    THEIRS = "theirs", "the other’s"


class Access(TextChoices):
    OPEN = "open", "open"
    NO_LINK = "no_link", "no link"
    CONFIDENTIAL = "confidential", "confidential: known to the desk"


#: Characters of a reason: of a decision, of the answer to one, of a waiver.
REASON_MOST = 5_000


class Outcome(TextChoices):
    """What a second reader says of a span."""

    ACCEPTED = "accepted", "accepted"
    RETURNED = "returned", "returned"
    PROPOSED = "proposed", "change proposed"


class ReturnReason(TextChoices):
    BOUNDARY = "boundary", "boundary"
    LABEL = "label", "label"
    VOICE = "voice", "voice"
    SOURCE = "source", "source does not say it"
    CONTEXT = "context", "context missing"
    OTHER = "other", "other"


class Relation(TextChoices):
    """How one assertion stands to another."""

    REPEATS = "repeats", "repeats"
    CONTRADICTS = "contradicts", "contradicts"
    NARROWS = "narrows", "narrows"
    DEPENDS = "depends", "depends on"


class LogKind(TextChoices):
    SEARCH = "search", "search"
    CONTACT = "contact", "contact"


class AssignmentKind(TextChoices):
    ANNOTATE = "annotate", "annotate"
    SECOND_READ = "second_read", "second reading"
    ADJUDICATE = "adjudicate", "adjudicate"


class InboxKind(TextChoices):
    """Why something stands in somebody's inbox."""

    MENTION = "mention", "mention"
    REPLY = "reply", "reply"
    DECISION = "decision", "second reading"
    ASSIGNMENT = "assignment", "assignment"


class StreamKind(TextChoices):
    PROJECT = "project", "project"
    ACCESS = "access", "accounts and roles in this database"
    ARTICLE = "article", "article"
    LAYER = "layer", "one person's layer of an article"
