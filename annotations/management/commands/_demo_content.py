"""What the demo says, as plain data: articles, people, sources, and the work of six weeks.

A builder replays ``SITTINGS`` in order through the actions, one sitting at its date and hour by
its person, and exports the result. Nothing here knows Django or the database; the closed lists
of the field are given by their stored values.

Real: the two essays of September 2021, the agreement, the reports, studies and speeches named as
sources, and the events they tell of. Invented: the newsroom and everybody in it, its articles, the
interview with Marit Solheim, the letter, and the confidential source. Words are quoted from a
source only where they were read there; elsewhere the quotation is empty and a locator or a note
stands in its place. Of the two essays no more than three words are quoted at a time.

Spans are named by their words: ``nth`` says which occurrence in the article's text, from 1.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Project:
    slug: str
    name: str
    organisation: str
    preset: str


@dataclass(frozen=True, slots=True)
class Member:
    key: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Label:
    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Speaker:
    key: str
    name: str
    aliases: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A work. ``note`` says what the desk has not verified; ``details`` never leaves the desk."""

    key: str
    kind: str
    title: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    level: str = "secondary"
    url: str = ""
    access: str = "open"
    note: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of an article; ``repeats`` is the index of the block whose words it gives again."""

    role: str
    tag: str
    text: str
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Inline markup: the first occurrence of ``quote`` in block ``block``, under ``tag``."""

    block: int
    quote: str
    tag: str = "em"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    key: str
    name: str
    title: str
    byline: str
    published: str
    url: str
    blocks: tuple[Block, ...]
    markup: tuple[Emphasis, ...] = ()
    publisher: str = "The Lantern Desk"
    site: str = "lantern-desk.example"
    language: str = "en"
    licence: str = "CC BY 4.0"
    #: A date in the file that can be read in two ways, as written, and the days it may mean.
    two_dates: tuple[str, tuple[str, str]] | None = None

    @property
    def text(self) -> str:
        """The canonical text: the blocks in order, an empty line between each two."""
        return "\n\n".join(block.text for block in self.blocks)

    def offset(self, index: int) -> int:
        """Return where block ``index`` begins in ``text``, in code points."""
        return sum(len(block.text) + 2 for block in self.blocks[:index])


# --- steps, in the terms of the actions they become -------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    article: str


@dataclass(frozen=True, slots=True)
class Mark:
    key: str
    article: str
    label: str
    quote: str
    nth: int = 1
    voice: str = "author"
    speaker: str = ""
    chain: str = ""
    quote_kind: str = "none"
    claim_kind: str = ""
    certainty: str = "asserted"
    check_worthiness: int | None = None
    uncertain: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """New values of a span; ``quote`` (with ``nth``) moves its boundaries."""

    span: str
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Withdraw:
    span: str


@dataclass(frozen=True, slots=True)
class AddSource:
    source: str


@dataclass(frozen=True, slots=True)
class Assert:
    """Make the assertion of ``span``, in neutral words."""

    key: str
    span: str
    says: str
    speaker: str = ""
    said_on: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    span: str
    assertion: str


@dataclass(frozen=True, slots=True)
class Relate:
    """``one`` repeats, contradicts, narrows or depends on ``other``."""

    one: str
    relation: str
    other: str


@dataclass(frozen=True, slots=True)
class Cite:
    """Bring a source to bear; ``accessed_on`` is the sitting's day where it is empty."""

    key: str
    assertion: str
    source: str
    stance: str
    quotation: str = ""
    locator: str = ""
    original: str = ""
    language: str = ""
    note: str = ""
    accessed_on: str = ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Say that each source says it; never by the person who cited it."""

    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Set an assertion's work state; ``due`` is asked for by ``not_due`` alone."""

    assertion: str
    state: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """One search or contact: where, what was asked, and what came back."""

    assertion: str
    kind: str
    where: str
    what: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    assertion: str
    verdict: str
    reason: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Accept:
    spans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Return:
    span: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Propose:
    span: str
    fields: dict[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class Take:
    """The author takes the change proposed to ``span``."""

    span: str


@dataclass(frozen=True, slots=True)
class Decline:
    """The author keeps the span, and says why."""

    span: str
    answer: str


@dataclass(frozen=True, slots=True)
class Say:
    """A comment on a span; ``answers`` is the comment it replies to."""

    key: str
    span: str
    text: str
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Assign an article to a person, until ``due``."""

    article: str
    person: str
    kind: str
    due: str


@dataclass(frozen=True, slots=True)
class Settle:
    comment: str


@dataclass(frozen=True, slots=True)
class Read:
    """Tick blocks as read: every counted block of the article, or the named indexes."""

    article: str
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Waive:
    """Set aside one thing that blocks a sign-off (one of ``BLOCKERS``), with the reason."""

    article: str
    blocker: str
    span: str
    reason: str


@dataclass(frozen=True, slots=True)
class SignOff:
    article: str


Step = (
    Import | Mark | Change | Withdraw | AddSource | Assert | Join | Relate | Cite | Confirm | Work
    | Log | Judge | Accept | Return | Propose | Take | Decline | Say | Ask | Settle | Read | Waive | SignOff
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one person does in one go; ``at`` is the first step's time, in UTC."""

    at: str
    by: str
    steps: tuple[Step, ...] = field(default_factory=tuple)


#: What may block a sign-off and be waived, in the terms of DESIGN 4.
BLOCKERS = ("second_reader", "verdict", "source", "read", "date", "comment")
_LINE_ENDS = re.compile(r"[ \n]+")


def _flow(words: str) -> str:
    """Join lines broken for this file's width; no-break spaces and the like stay."""
    return _LINE_ENDS.sub(" ", words.strip(" \n"))


def _p(words: str) -> Block:
    return Block("body", "p", _flow(words))


def _h(words: str) -> Block:
    return Block("heading", "h2", words)


PROJECT = Project("lantern", "Five years after Kabul", "The Lantern Desk", "desk")

PEOPLE = (
    Member("ada", "Ada Marchetti", "manager"),
    Member("ben", "Ben Okafor", "reviewer"),
    Member("cleo", "Cleo Lindqvist", "reviewer"),
)

LABELS = (
    Label("F", "Fact", "fact"),
    Label("C", "Claim", "claim"),
    Label("O", "Opinion", "opinion"),
)

SPEAKERS = (
    Speaker("bunzel", "Cole Bunzel", (), "historian, Hoover Institution"),
    Speaker("katz", "Rita Katz", (), "founder, SITE Intelligence Group"),
    Speaker("brown", "Vahid Brown", (), "researcher on al Qaeda"),
    Speaker(
        "zawahiri",
        "Ayman al-Zawahiri",
        ("Zawahiri", "al-Zawahiri", "أيمن الظواهري"),
        "leader of al Qaeda, 2011 to 2022",
    ),
    Speaker("aq", "Al Qaeda’s central leadership", ("al Qaeda Central",), "armed movement"),
    Speaker(
        "dia",
        "Defense Intelligence Agency",
        ("DIA", "the Pentagon’s intelligence agency"),
        "intelligence service, United States",
    ),
    Speaker(
        "un",
        "UN Monitoring Team report, June 2021",
        ("S/2021/486", "the monitors’ report"),
        "document of the Security Council",
    ),
    Speaker("naba", "ISIS’s weekly newsletter", ("al-Naba", "النبأ"), "periodical"),
    Speaker("isis", "ISIS’s spokesman", ("Islamic State spokesman",), "unnamed in the essay"),
    Speaker("somood", "al-Somood", ("الصمود",), "Arabic magazine of the Taliban"),
    Speaker(
        "doha",
        "Agreement of 29 February 2020",
        ("Doha agreement", "Agreement for Bringing Peace to Afghanistan"),
        "treaty text",
    ),
    Speaker("commission", "9/11 Commission", ("9/11 Commission Report",), "United States inquiry"),
    Speaker("ctc", "CTC Sentinel, May 2016", (), "journal article"),
    Speaker("state", "US State Department", ("State Department",), "foreign ministry"),
    Speaker("nyt", "The New York Times", ("NYT",), "newspaper"),
    Speaker("solheim", "Marit Solheim", (), "retired sanctions official (invented for the demo)"),
)

SOURCES = (
    Source(
        "bunzel",
        "news",
        "Al Qaeda Versus ISIS: The Jihadi Power Struggle in the Taliban’s Afghanistan",
        "Foreign Affairs",
        ("Cole Bunzel",),
        "2021-09",
        access="no_link",
        note="Read in a repost on a political-studies site; the publisher’s page was not seen.",
    ),
    Source(
        "katz",
        "news",
        "The Taliban’s Victory Is Al Qaeda’s Victory",
        "Foreign Policy",
        ("Rita Katz",),
        "2021-09",
        access="no_link",
        note="Read in a saved copy with its repeated paragraphs; the address is not verified.",
    ),
    Source(
        "agreement",
        "legal",
        "Agreement for Bringing Peace to Afghanistan",
        "US State Department",
        (),
        "2020-02-29",
        "primary",
        "https://pax.peaceagreements.org/agreements/2271",
        note="The link leads to a copy in a collection of peace agreements.",
    ),
    Source(
        "un",
        "official",
        "Twelfth report of the Analytical Support and Sanctions Monitoring Team (S/2021/486)",
        "United Nations Security Council",
        (),
        "2021-06-01",
        "primary",
        "https://undocs.org/S/2021/486",
    ),
    Source(
        "leadig",
        "official",
        "Lead Inspector General for Operation Freedom’s Sentinel: Quarterly Report to the United"
        " States Congress, April 1, 2021 – June 30, 2021",
        "Department of Defense Office of Inspector General",
        (),
        "2021-08-17",
        "primary",
        "https://www.dodig.mil/Reports/Lead-Inspector-General-Reports/Article/2734122/"
        "lead-inspector-general-for-operation-freedoms-sentinel-i-quarterly-report-to-th/",
        note="Whether the agency’s sentence stands in this quarter’s report is not verified.",
    ),
    Source(
        "commission",
        "official",
        "The 9/11 Commission Report",
        "National Commission on Terrorist Attacks Upon the United States",
        (),
        "2004-07",
        "primary",
        "https://www.faqs.org/docs/911/911Report-82.html",
        note="A reader’s copy, page by page; the link leads to page 65.",
    ),
    Source(
        "ctc2010",
        "paper",
        "The Facade of Allegiance: Bin Ladin’s Dubious Pledge to Mullah Omar",
        "CTC Sentinel",
        ("Vahid Brown",),
        "2010-01",
        url="https://ctc.westpoint.edu/the-facade-of-allegiance-bin-ladins-dubious-pledge-to-"
        "mullah-omar/",
    ),
    Source(
        "ctc2016",
        "paper",
        "Al-Zawahiri’s Bay`a to Mullah Mansoor: A Bitter Pill but a Bountiful Harvest",
        "CTC Sentinel",
        (),
        "2016-05",
        url="https://ctc.westpoint.edu/al-zawahiris-baya-to-mullah-mansoor-a-bitter-pill-but-a-"
        "bountiful-harvest",
        note="Author’s name to be added from the issue’s contents page.",
    ),
    Source(
        "biden",
        "speech",
        "Remarks by President Biden on a Successful Counterterrorism Operation in Afghanistan",
        "The White House",
        ("Joseph R. Biden",),
        "2022-08-01",
        "primary",
        access="no_link",
        note="Read in a transcript; the official page has moved.",
    ),
    Source(
        "blinken",
        "speech",
        "Press statement on the death of Ayman al-Zawahiri",
        "US State Department",
        ("Antony J. Blinken",),
        "2022-08-01",
        "primary",
        access="no_link",
        note="Read as reprinted; the title is the desk’s.",
    ),
    Source(
        "nyt",
        "news",
        "Al Qaeda’s No. 2, Accused in U.S. Embassy Attacks, Was Killed in Iran",
        "The New York Times",
        ("Adam Goldman", "Eric Schmitt", "Farnaz Fassihi", "Ronen Bergman"),
        "2020-11-13",
        access="no_link",
        note="Not read yet: no copy at the desk. The wording of the title is not verified.",
    ),
    Source(
        "globe",
        "news",
        "Iran denies that al-Qaida leader was killed in Tehran",
        "The Boston Globe",
        (),
        "2020-11-15",
        url="https://www.bostonglobe.com/2020/11/15/world/"
        "iran-denies-that-al-qaida-leader-was-killed-tehran/",
    ),
    Source(
        "briefing",
        "speech",
        "Press briefing at the close of the withdrawal, 30 August 2021",
        "Department of Defense",
        ("Kenneth F. McKenzie Jr.",),
        "2021-08-30",
        "primary",
        "https://www.rev.com/blog/transcripts/"
        "pentagon-confirms-completion-of-afghanistan-withdrawal-press-conference-transcript",
        note="The link leads to a transcript; the title is the desk’s.",
    ),
    Source(
        "solheim",
        "interview",
        "Interview with Marit Solheim, 9 October 2026",
        "The Lantern Desk",
        ("Jonas Whitcombe",),
        "2026-10-09",
        "primary",
        access="no_link",
        note="Recorded, 41 minutes; she read her quotations back on 12 October. Invented.",
    ),
    Source(
        "letter",
        "letter",
        "Letter to the desk about two war names, 6 November 2026",
        "",
        ("H. Varga",),
        "2026-11-06",
        "secondary",
        access="no_link",
        note="From a librarian who keeps an index of such names. Invented.",
    ),
    Source(
        "translator",
        "interview",
        "Conversation with a person who worked on the translations",
        "",
        (),
        "2026-10",
        "primary",
        access="confidential",
        details="Met twice in October 2026, at the person’s home. Asked not to be named, nor the "
        "city, nor the language pair. Notes are in Cleo Lindqvist’s safe, envelope 7. Invented.",
    ),
)

# --- the articles -------------------------------------------------------------------------------

_BOILERPLATE = Block(
    "boilerplate",
    "p",
    "The Lantern Desk is an invented newsroom, and this article was written to show a workbench."
    " Found a mistake? Write to us.",
)

OATH = Article(
    "oath",
    "oath.html",
    "Sworn Again: A Short History of One Pledge",
    "Jonas Whitcombe and Ines Duarte",
    "2026-10-22",
    "https://lantern-desk.example/explainers/sworn-again",
    (
        Block("section", "p", "Explainer"),
        Block("headline", "h1", "Sworn Again: A Short History of One Pledge"),
        Block(
            "standfirst",
            "p",
            "Al Qaeda’s men have promised obedience to three Taliban chiefs in turn. Writers who"
            " track them still cannot agree on when the promise was first made.",
        ),
        Block("byline", "p", "By Jonas Whitcombe and Ines Duarte"),
        _p(
            """Before it was a slogan, the promise was a sentence that one man spoke to another.
            In Arabic it is called bay‘a: whoever gives it owes obedience to the person who
            receives it. Governments have studied this one for a quarter of a century, because two
            movements hang on it. If it binds, a guest in Afghanistan is also a subject. If it does
            not, he is only a guest."""
        ),
        _p(
            """Osama bin Laden reached Afghanistan from Sudan in May 1996. Bunzel, whose essay
            we come to below, writes that the Taliban bade him remain that same year. The
            commission that studied the 2001 attacks remembers a slower courtship, in which
            bin Laden first lodged with other hosts in Jalalabad."""
        ),
        _h("First, a date nobody can fix"),
        _p(
            """When did the two leaders shake hands on it? Cole Bunzel, a historian of jihadism from
            the Hoover Institution, says bin Laden swore his own oath to Mullah Omar in 2001, ahead
            of the September attacks. Rita Katz, who runs the SITE Intelligence Group, maintains
            that he had sworn already during the 1990s, and that every fighter under him was bound by
            it. Both cannot be right, unless one means a public ceremony and the other a private
            promise."""
        ),
        Block(
            "pull_quote",
            "blockquote",
            "Both cannot be right, unless one means a public ceremony and the other a private"
            " promise.",
            repeats=7,
        ),
        _p(
            """There is a third account. Vahid Brown, working in 2010 from the recollections of an
            insider, doubts that bin Laden ever swore in person. A study printed in the same
            journal six years later settles on 1999."""
        ),
        _h("Three chiefs, three messages"),
        _p(
            """After bin Laden was killed in 2011, the promise passed to his deputy. In 2014
            al Qaeda’s newsletter declared the vow to Mullah Omar renewed. Nobody outside a small
            circle knew that Omar had died the year before. The movement was renewing its word to
            a dead man, and the dead man’s secretaries let it."""
        ),
        _p(
            """The rest is on record. Ayman al-Zawahiri swore to Akhtar Mansour in August 2015.
            A drone killed Mansour the following May, and weeks later Zawahiri swore to Haibatullah
            Akhundzada. In that message he called his people “soldiers” of the new chief, a word
            that commits more than it says."""
        ),
        Block(
            "caption",
            "figcaption",
            "A banner in Kabul gives the Emirate’s ruler his religious title.",
        ),
        Block("credit", "p", "Photograph: Lantern Desk archive, undated"),
        _p(
            """Far from Kabul the chain grew longer. In March 2017 Iyad ag Ghali, presenting a
            union of fighters in Mali, placed both Zawahiri and Akhundzada above himself."""
        ),
        _p(
            """Has the gift ever been handed back? According to Katz, those who received it have
            never disowned it. One of their spokesmen, whom Bunzel leaves nameless, said there was no
            oath at all. That denial is hard to take seriously. Zawahiri had himself filmed while
            swearing."""
        ),
        _h("What the word is for"),
        _p(
            """Bunzel thinks the renewals were an answer to ISIS, which had declared a caliphate
            in June 2014. A rival who claims to rule all believers must be met with a ruler of
            one’s own, and Mullah Omar’s title was the only one to hand. On that reading the vow is
            a shield as much as a bond. Katz sees something holier and harder to break."""
        ),
        _p(
            """Our own view is plain: a promise that one side repeats and the other never refuses
            is still a promise. “They will not renounce it before 2030, whatever is signed,” said
            Marit Solheim, a retired sanctions official."""
        ),
        Block(
            "author_bio",
            "p",
            "Jonas Whitcombe covers armed movements for the desk. Ines Duarte edits its"
            " explainers.",
        ),
        _BOILERPLATE,
    ),
    (Emphasis(4, "bay‘a"), Emphasis(18, "must", "strong")),
)

VICTORY = Article(
    "victory",
    "victory.html",
    "One Victory, Two Readings",
    "Ines Duarte",
    "2026-11-04",
    "https://lantern-desk.example/explainers/one-victory-two-readings",
    (
        Block("section", "p", "Explainer"),
        Block("headline", "h1", "One Victory, Two Readings"),
        Block(
            "standfirst",
            "p",
            "In September 2021 two specialists looked at the same fallen capital. One saw a gift"
            " to al Qaeda, the other a movement too broken to collect it.",
        ),
        Block("byline", "p", "By Ines Duarte"),
        _p(
            """Kabul fell on 15 August 2021, and the last American aircraft left it a minute
            before midnight on 30 August. Soon afterwards al Qaeda’s leadership congratulated the
            victors. Before September was out two long essays had appeared, written for the
            same readers from much the same evidence, and they pull in opposite directions. Five years
            on, both deserve a second look, with the dates beside them."""
        ),
        _h("The case for alarm"),
        _p(
            """Rita Katz argued in Foreign Policy that nothing since the 2001 attacks had helped
            the jihadist cause so much. She starts from the pledge of obedience, which bin Laden
            gave in the 1990s by her account. She points to a film of May 2019 in which al Qaeda’s
            South Asian branch fights beside Taliban units, and to the will of Jalaluddin Haqqani,
            printed in September 2019, which honours bin Laden."""
        ),
        _p(
            """To her the Taliban show one face to diplomats and another to believers. The
            movement’s magazine al-Somood, she notes, told its readers that it had not changed
            since 1996. She closes on a warning that the next attackers will be bolder than the
            last."""
        ),
        _h("The case for doubt"),
        _p(
            """Cole Bunzel, writing in Foreign Affairs, counted losses instead. Al Qaeda’s deputy
            was shot in Tehran in August 2020. Husam Abd al-Rauf, a further commander, died
            in Afghanistan that October. Zawahiri was old and reportedly sick, and the likely heir,
            Saif al-Adel, had been in Iran for almost twenty years. The branches from the Sahara to
            Bengal, Bunzel adds, take orders from nobody at the top."""
        ),
        _p(
            """ISIS refused to call it a victory. Its weekly newsletter described a handover
            between idols, the first of them shaved and the second bearded. Its spokesman had said
            in 2020 that Taliban and Americans were plotting together. Bunzel reports this without
            endorsing it, and thinks the quarrel beyond repair."""
        ),
        _p(
            """How many men are we talking about? United Nations monitors gave in June 2021 a range
            so wide that it settles nothing: several dozen to 500, in fifteen provinces. The
            Defense Intelligence Agency said the Taliban had told al Qaeda to keep quiet until
            foreign troops were gone. Al Qaeda then published next to nothing on Afghanistan for
            eighteen months."""
        ),
        _h("Where they agree"),
        _p(
            """On the facts the two overlap more than their headlines suggest. Both take the pledge
            seriously. Both expect the new rulers to keep their old friends, Katz without a leash
            and Bunzel on a short one. And both quote the movements in their own words, which is
            rarer than it should be. What they leave out is telling. Katz hardly mentions the dead
            commanders; Bunzel hardly mentions the film. Whoever read only one of them in that
            month was badly served."""
        ),
        _h("What five years have shown"),
        _p(
            """An American drone killed Zawahiri in Kabul on 31 July 2022. The State Department
            said that by sheltering him the Taliban had grossly violated the Doha agreement. Neither
            essay had foreseen that the guest would be dead within a year of the takeover."""
        ),
        _p(
            """So who was right? Katz foresaw the welcome; Bunzel foresaw how little could be done
            with it. It would be foolish to hand either of them the prize."""
        ),
        Block(
            "pull_quote",
            "blockquote",
            "Katz foresaw the welcome; Bunzel foresaw how little could be done with it.",
            repeats=16,
        ),
        Block("author_bio", "p", "Ines Duarte edits the desk’s explainers."),
        _BOILERPLATE,
    ),
    (Emphasis(6, "Foreign Policy"), Emphasis(9, "Foreign Affairs")),
)

DOHA = Article(
    "doha",
    "doha.html",
    "What Was Signed in Doha, and Who Has Died Since",
    "Jonas Whitcombe",
    "2026-11",
    "https://lantern-desk.example/explainers/what-was-signed-in-doha",
    (
        Block("section", "p", "Explainer"),
        Block("headline", "h1", "What Was Signed in Doha, and Who Has Died Since"),
        Block(
            "standfirst",
            "p",
            "The text of February 2020 is four pages long. A guide to its promises, and a list of"
            " the reported dead.",
        ),
        Block("byline", "p", "By Jonas Whitcombe"),
        _p(
            """The agreement was signed in Doha, Qatar, on 29 February 2020. It is often said to
            have made the Taliban part company with al Qaeda. It does not say so: the words
            “cut ties” occur nowhere in it. What it does contain is a list. Annexes exist that
            the public has not seen; members of the American Congress read them behind closed
            doors."""
        ),
        _h("The promises"),
        Block(
            "body",
            "li",
            "Soil: the Taliban “will not allow any of its members, other individuals or groups,"
            " including al-Qa’ida, to use the soil of Afghanistan” against American security.",
        ),
        Block(
            "body",
            "li",
            "Recruits and money: they “will prevent them from recruiting, training, and"
            " fundraising and will not host them”.",
        ),
        Block("body", "li", "Talks: negotiations among Afghans were to open on 10 March 2020."),
        Block("body", "li", "Troops: every foreign soldier was to be out within fourteen months."),
        Block(
            "body",
            "li",
            "Prisoners: up to 5,000 Taliban captives were to be freed against up to 1,000 of the"
            " other side.",
        ),
        _p(
            """Nothing in the four pages mentions an oath. Diplomats have called that an absurd
            omission, and so do we. The text’s ‘guarantees’ guarantee little. Who is going to
            enforce them now?"""
        ),
        _p(
            """Washington may have known what it was buying. Its envoys could have held out for a
            public break; they did not, probably because the calendar mattered more. A person who
            worked on the translations told the desk that the versions were compared line by line
            before the ceremony."""
        ),
        _h("Applause and scorn"),
        _p(
            """Al Qaeda praised the bargain in a statement of March 2020, as a triumph for the
            faithful. ISIS sneered that the Taliban had found “new allies”. So much for peace
            agreements."""
        ),
        Block(
            "pull_quote",
            "blockquote",
            "ISIS sneered that the Taliban had found “new allies”.",
            repeats=14,
        ),
        _h("The reported dead"),
        _p(
            """A word on the list that follows. It holds deaths to which a government or a
            newspaper has put a name and a place, in the order of the reports and not of rank.
            Where the two essays of September 2021 spell a name in two ways, we give both. Nobody
            stands here because of a rumour, and whoever turns up alive will be struck off."""
        ),
        _p(
            """The New York Times reported in November 2020 that Abu Muhammad al-Masri had been
            shot dead in Tehran that August. Iran’s foreign ministry denied it. Husam Abd al-Rauf
            fell in Ghazni province in October 2020; he is the man whom Katz lists under his
            war name, Abu Muhsin al-Masri. Mohammed Hanif, deputy head of the South Asian branch,
            died in Farah a month later, she writes. Both provinces, in her account, were Taliban
            country by then."""
        ),
        _p(
            """Rumours buried Zawahiri in 2020. A book and a video of the following year showed him
            alive. He was killed in Kabul on 31 July 2022, in a house that American officials
            linked to the Haqqani family. Jalaluddin Haqqani himself had died in 2018 after a long
            illness."""
        ),
        _p(
            """When Kabul fell, at most 500 of the organisation’s men were left in the country.
            Their best years were behind them. With half of its command in graves, the movement
            will need a decade to train another. We will come back to this page when the monitors
            next report, and say which lines of it have had to change."""
        ),
        Block("author_bio", "p", "Jonas Whitcombe covers armed movements for the desk."),
        _BOILERPLATE,
    ),
    (Emphasis(6, "Soil", "strong"), Emphasis(7, "Recruits and money", "strong"),
     Emphasis(8, "Talks", "strong"), Emphasis(9, "Troops", "strong"),
     Emphasis(10, "Prisoners", "strong")),
)  # fmt: skip

NAMES = Article(
    "names",
    "names.txt",
    "Copy Note: Names That Will Not Sit Still 🖋️",
    "Ada Marchetti",
    "2026-11-10",
    "",
    (
        Block("headline", "h1", "Copy Note: Names That Will Not Sit Still 🖋️"),
        _p(
            """The leader’s name is written أيمن الظواهري in Arabic, right to left, even between
            brackets [أيمن (الظواهري)]. The desk spells it Zawahiri."""
        ),
        _p(
            """Two words may look alike: “Café” has four code points and “Cafe\u0301” has five.
            An editor who tidies a quotation to make it prettier is lying a little."""
        ),
        _p(
            """A family 👨‍👩‍👧‍👦 is one picture and seven code points; the flag 🇦🇫 is two, and
            👍🏽 is two as well. The dragon flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿 takes seven."""
        ),
        _p(
            """In Hebrew a bracket turns round: (שלום) and [עולם] open on the right. In Devanagari
            क्षि is one syllable."""
        ),
        _p(
            """A no-break space stands in 29\u00a0February, and coun\u00adter\u00adter\u00adror\u00adism
            hides four soft hyphens."""
        ),
        _p("""Kabul is 喀布尔 in Chinese, カブール in Japanese and 카불 in Korean."""),
        _p("""The letters 𝔗𝔥𝔦𝔰 weigh sixteen bytes. The sign 𒀀 is older than any of them."""),
    ),
    licence="CC0 1.0",
)  # fmt: skip

_DATES_HEADLINE = Block("headline", "h1", "Copy Note: A Date That Says Two Things 📅")
_DATES_FIRST = _p(
    """A reader in Boston and a reader in Bergen disagree about 11/04/26. To one it is early November,
    to the other the middle of spring. Nobody can tell from the digits alone."""
)
_DATES_LAST = _p(
    """The desk writes 4 November 2026 or 2026-11-04. A date that has to be guessed is worse than no
    date, said the night editor. שלום from the copy desk."""
)

DATES = Article(
    "dates",
    "dates.html",
    "Copy Note: A Date That Says Two Things 📅",
    "Ben Okafor",
    "",
    "https://lantern-desk.example/notes/dates",
    (
        _DATES_HEADLINE,
        _DATES_FIRST,
        _p("""Most programs read such a date one way and say nothing about it."""),
        _DATES_LAST,
    ),
    two_dates=("11/04/26", ("2026-04-11", "2026-11-04")),
)  # fmt: skip

#: The same note a week later: one sentence is another, and its file names no publisher.
DATES_AGAIN = Article(
    "dates_2",
    "dates-2.html",
    "Copy Note: A Date That Says Two Things 📅",
    "Ben Okafor",
    "2026-11-23",
    "https://lantern-desk.example/notes/dates",
    (
        _DATES_HEADLINE,
        _DATES_FIRST,
        _p("""Many programs still read such a date one way and say nothing about it to anybody."""),
        _DATES_LAST,
    ),
    publisher="",
)  # fmt: skip

ARTICLES = (OATH, VICTORY, DOHA, NAMES, DATES, DATES_AGAIN)

# --- the work, in the order in which it was done -------------------------------------------------

_ADA_MARKS_OATH = Sitting(
    "2026-10-13T08:40",
    "ada",
    (
        Import("oath"),
        Mark("o_three", "oath", "F", "Al Qaeda’s men have promised obedience to three Taliban"
             " chiefs in turn"),
        Mark("o_disagree", "oath", "C", "Writers who track them still cannot agree on when the"
             " promise was first made", claim_kind="event", check_worthiness=2),
        Mark("o_rule", "oath", "C", "whoever gives it owes obedience to the person who receives"
             " it", claim_kind="rule", check_worthiness=2,
             note="A definition in our own words, so a claim and not a fact."),
        Mark("o_arrived", "oath", "F", "Osama bin Laden reached Afghanistan from Sudan in May"
             " 1996", claim_kind="historical", check_worthiness=1),
        Mark("o_bade", "oath", "C", "the Taliban bade him remain that same year", voice="named",
             speaker="bunzel", quote_kind="indirect", claim_kind="historical",
             check_worthiness=2),
        Mark("o_lodged", "oath", "C", "bin Laden first lodged with other hosts in Jalalabad",
             voice="document", speaker="commission", quote_kind="indirect",
             claim_kind="historical", check_worthiness=2),
        Mark("o_courtship", "oath", "O", "a slower courtship",
             note="The commission has no such words: ours."),
        Mark("o_nobody_fixes", "oath", "C", "a date nobody can fix", claim_kind="event",
             uncertain=True, note="Checkable, or a flourish? Marked as a claim to be safe."),
        Mark("o_frame", "oath", "F", "Cole Bunzel, a historian of jihadism from the Hoover"
             " Institution, says bin Laden swore his own oath to Mullah Omar in 2001, ahead of the"
             " September attacks", quote_kind="indirect", claim_kind="quote",
             check_worthiness=3, note="The frame: that he writes this at all."),
        Mark("o_2001", "oath", "C", "bin Laden swore his own oath to Mullah Omar in 2001, ahead of"
             " the September attacks", voice="named", speaker="bunzel", quote_kind="indirect",
             claim_kind="historical", check_worthiness=3),
        Mark("o_1990s", "oath", "C", "he had sworn already during the 1990s", voice="named",
             speaker="katz", quote_kind="indirect", claim_kind="historical",
             check_worthiness=3),
        Mark("o_bound", "oath", "C", "every fighter under him was bound by it", voice="named",
             speaker="katz", quote_kind="indirect", claim_kind="rule", check_worthiness=2),
        Mark("o_both", "oath", "O", "Both cannot be right, unless one means a public ceremony and"
             " the other a private promise"),
        Mark("o_brown", "oath", "C", "Vahid Brown, working in 2010 from the recollections of an"
             " insider, doubts that bin Laden ever swore in person", voice="named",
             speaker="brown", quote_kind="indirect", claim_kind="historical",
             certainty="denied", check_worthiness=3),
        Mark("o_1999", "oath", "C", "A study printed in the same journal six years later settles"
             " on 1999", voice="document", speaker="ctc", quote_kind="indirect",
             claim_kind="historical", check_worthiness=3),
        Mark("o_killed", "oath", "F", "bin Laden was killed in 2011", claim_kind="event"),
        Mark("o_renewed", "oath", "F", "In 2014 al Qaeda’s newsletter declared the vow to Mullah"
             " Omar renewed", claim_kind="event", check_worthiness=2),
        Mark("o_circle", "oath", "C", "Nobody outside a small circle knew that Omar had died the"
             " year before", claim_kind="event", check_worthiness=1),
        Mark("o_omar", "oath", "F", "Omar had died the year before", claim_kind="event",
             check_worthiness=2, note="Nested in the claim about who knew."),
        Mark("o_mansour", "oath", "F", "Ayman al-Zawahiri swore to Akhtar Mansour in August 2015",
             claim_kind="event", check_worthiness=2),
        Mark("o_drone", "oath", "F", "A drone killed Mansour the following May",
             claim_kind="event", check_worthiness=2),
        Mark("o_akhundzada", "oath", "F", "weeks later Zawahiri swore to Haibatullah Akhundzada",
             claim_kind="event", check_worthiness=2),
        Mark("o_soldiers", "oath", "O", "“soldiers”", voice="named", speaker="zawahiri",
             chain="Zawahiri, in Katz’s translation", quote_kind="translated"),
        Mark("o_commits", "oath", "O", "a word that commits more than it says"),
        Mark("o_banner", "oath", "F", "A banner in Kabul gives the Emirate’s ruler his religious"
             " title", claim_kind="event"),
        Mark("o_ghali", "oath", "F", "In March 2017 Iyad ag Ghali, presenting a union of fighters"
             " in Mali, placed both Zawahiri and Akhundzada above himself", claim_kind="event",
             check_worthiness=1),
        Mark("o_never", "oath", "C", "those who received it have never disowned it",
             voice="named", speaker="katz", quote_kind="indirect", claim_kind="event",
             check_worthiness=3),
        Mark("o_no_oath", "oath", "C", "there was no oath at all", voice="unnamed",
             chain="a Taliban spokesman, in Bunzel’s account", quote_kind="indirect",
             claim_kind="event", certainty="denied", check_worthiness=3),
        Mark("o_hard", "oath", "O", "That denial is hard to take seriously"),
        Mark("o_filmed", "oath", "F", "Zawahiri had himself filmed while swearing",
             claim_kind="event", check_worthiness=2),
        Mark("o_answer", "oath", "C", "the renewals were an answer to ISIS", voice="named",
             speaker="bunzel", quote_kind="indirect", claim_kind="motive", check_worthiness=2),
        Mark("o_caliphate", "oath", "F", "ISIS, which had declared a caliphate in June 2014",
             claim_kind="event", check_worthiness=1, note="Crosses the motive before it."),
        Mark("o_shield", "oath", "O", "the vow is a shield as much as a bond"),
        Mark("o_holier", "oath", "O", "something holier and harder to break", voice="named",
             speaker="katz", quote_kind="indirect"),
        Mark("o_view", "oath", "O", "a promise that one side repeats and the other never refuses is"
             " still a promise"),
        Mark("o_2030", "oath", "C", "“They will not renounce it before 2030, whatever is signed,”",
             voice="named", speaker="solheim", quote_kind="direct", claim_kind="prediction",
             check_worthiness=2),
    ),
)  # fmt: skip

_ADA_CITES_OATH = Sitting(
    "2026-10-14T07:55",
    "ada",
    (
        *(AddSource(key) for key in ("bunzel", "katz", "commission", "ctc2010", "ctc2016", "biden",
                                     "solheim")),
        Assert("three", "o_three", "Al Qaeda’s leaders pledged allegiance to Mullah Omar, Mansour"
               " and Akhundzada, one after the other."),
        Cite("three_b", "three", "bunzel", "supports", locator="part 1, on the bay‘a",
             note="Names all three and the years of the last two."),
        Assert("disagree", "o_disagree", "Specialists give different dates for the first pledge."),
        Cite("disagree_c", "disagree", "ctc2010", "supports",
             "the precise nature of this relationship remains a matter of debate among specialists",
             "first paragraph"),
        Judge("disagree", "supported", "Three published dates, none withdrawn.", "2026-10-14"),
        Assert("rule", "o_rule", "A bay‘a obliges the one who swears to obey the one who"
               " receives it."),
        Cite("rule_b", "rule", "bunzel", "supports", "oath of allegiance", "part 1",
             note="The definition is short; a reference work would be better."),
        Judge("rule", "supported", "Both essays use the word so, and no source says otherwise.",
              "2026-10-14"),
        Assert("arrived", "o_arrived", "Osama bin Laden moved from Sudan to Afghanistan in May"
               " 1996."),
        Cite("arrived_9", "arrived", "commission", "supports", locator="chapter 2.4",
             note="The day is on the page before the one linked."),
        Assert("bade", "o_bade", "In 1996 the Taliban asked bin Laden to remain in the country.",
               speaker="bunzel", said_on="2021-09"),
        Cite("bade_b", "bade", "bunzel", "supports", locator="part 1"),
        Cite("bade_9", "bade", "commission", "context", "For a time, it may not have been clear to"
             " Bin Ladin that the Taliban would be his best bet as an ally.", "p. 65"),
        Judge("bade", "not_enough", "The commission gives the arrival under other hosts and no day"
              " for the invitation; the year is possible and not shown.", "2026-10-14"),
        Assert("lodged", "o_lodged", "On arrival bin Laden stayed in Jalalabad, outside Taliban"
               " rule.", speaker="commission", said_on="2004-07"),
        Cite("lodged_9", "lodged", "commission", "supports",
             "Bin Ladin went initially to Jalalabad", "p. 65"),
        Judge("lodged", "supported", "The report says it in these words.", "2026-10-14"),
        Assert("frame", "o_frame", "Bunzel dates bin Laden’s pledge to Mullah Omar to 2001.",
               said_on="2021-09"),
        Cite("frame_b", "frame", "bunzel", "supports", locator="part 1, last sentence"),
        Assert("oath_2001", "o_2001", "Bin Laden first pledged allegiance to Mullah Omar in 2001,"
               " before 11 September.", speaker="bunzel", said_on="2021-09"),
        Cite("oath_2001_b", "oath_2001", "bunzel", "supports", locator="part 1, last sentence"),
        Judge("oath_2001", "supported", "Stated with its circumstances by a historian of the"
              " movement.", "2026-10-14"),
        Assert("oath_1990s", "o_1990s", "Bin Laden first pledged allegiance to Mullah Omar before"
               " the year 2000.", speaker="katz", said_on="2021-09"),
        Cite("oath_1990s_k", "oath_1990s", "katz", "supports", locator="part on the pledge"),
        Judge("oath_1990s", "supported", "Stated by a specialist who follows the movement’s own"
              " publications.", "2026-10-14"),
        Assert("bound", "o_bound", "Bin Laden’s pledge bound all members of al Qaeda.",
               speaker="katz", said_on="2021-09"),
        Cite("bound_k", "bound", "katz", "supports", "by extension", "part on the pledge"),
        Cite("bound_b", "bound", "bunzel", "partly", locator="part 1, last sentence",
             note="He has bin Laden asking the others to swear, which they would not need to if"
             " they were bound."),
        Judge("bound", "conflicting", "The two essays differ: bound by it, or asked to swear"
              " too.", "2026-10-14"),
        Assert("brown", "o_brown", "Bin Laden did not swear to Mullah Omar in person.",
               speaker="brown", said_on="2010-01"),
        Cite("brown_c", "brown", "ctc2010", "supports", "Bin Ladin’s dubious oath",
             "introduction"),
        Log("brown", "contact", "Letter to the journal’s editors", "Has the insider’s account been"
            " answered by anybody since?", "Not that they know of."),
        Work("brown", "done"),
        Judge("brown", "not_enough", "One insider’s account, itself disputed.", "2026-10-14"),
        Assert("y1999", "o_1999", "A study of 2016 dates the pledge to 1999.", speaker="ctc",
               said_on="2016-05"),
        Cite("y1999_c", "y1999", "ctc2016", "supports", "In 1999 when bin Ladin finally decided",
             "section “Bin Ladin’s Bay`a”"),
        Judge("y1999", "supported", "The study says so.", "2026-10-14"),
        Assert("killed", "o_killed", "Bin Laden was killed in 2011."),
        Cite("killed_w", "killed", "biden", "supports",
             "the United States brought justice to bin Laden 11 years ago",
             note="Spoken in 2022, hence 2011."),
        Assert("renewed", "o_renewed", "An al Qaeda newsletter of 2014 renewed the pledge to Mullah"
               " Omar."),
        Cite("renewed_b", "renewed", "bunzel", "supports", locator="part 1, on the newsletter"),
        Assert("circle", "o_circle", "In 2014 few people knew of Mullah Omar’s death."),
        Work("circle", "searching"),
        Log("circle", "search", "Newspaper archives, July 2014 to July 2015",
            "reports of Omar’s death before the announcement", "Rumours only; no list of who"
            " knew."),
        Work("circle", "nothing_found"),
        Cite("circle_b", "circle", "bunzel", "context", locator="part 1, on Omar’s death"),
        Judge("circle", "not_enough", "Nobody has shown who knew.", "2026-10-14"),
        Assert("omar", "o_omar", "Mullah Omar died in 2013."),
        Cite("omar_b", "omar", "bunzel", "supports", "death of Mullah", "part 2, on ISIS’s view"),
        Assert("mansour", "o_mansour", "Zawahiri pledged allegiance to Mansour in August 2015."),
        Cite("mansour_c", "mansour", "ctc2016", "supports", "on August 13, 2015",
             "first paragraph"),
        Assert("drone", "o_drone", "A drone strike killed Mansour on 21 May 2016."),
        Cite("drone_c", "drone", "ctc2016", "supports",
             "Mullah Mansoor was killed in a U.S. drone strike on May 21", "abstract"),
        Assert("akhundzada", "o_akhundzada", "Zawahiri pledged allegiance to Akhundzada in 2016."),
        Cite("akhundzada_k", "akhundzada", "katz", "supports", "14-minute video",
             "part on the pledge"),
        Cite("akhundzada_b", "akhundzada", "bunzel", "supports", locator="part 1"),
        Assert("ghali", "o_ghali", "Iyad ag Ghali declared loyalty to Zawahiri and Akhundzada in"
               " March 2017."),
        Cite("ghali_b", "ghali", "bunzel", "supports", locator="part 1, on the branches"),
        Assert("never", "o_never", "The Taliban have not publicly rejected al Qaeda’s pledge.",
               speaker="katz", said_on="2021-09"),
        Cite("never_k", "never", "katz", "supports", "has never disavowed",
             "part on the pledge"),
        Log("never", "search", "Statements of the Taliban’s spokesmen, 2020 to 2026",
            "bay‘a, renounce, disavow", "Denials that it exists; no rejection of it."),
        Work("never", "done"),
        Judge("never", "supported", "A negative: nothing to the contrary found in six years of"
              " statements.", "2026-10-14"),
        Assert("no_oath", "o_no_oath", "Al Qaeda never swore obedience to any Taliban leader."),
        Cite("no_oath_k", "no_oath", "katz", "refutes", "again pledging allegiance",
             "part on the pledge", note="Describes the film, which the desk has not seen."),
        Cite("no_oath_c", "no_oath", "ctc2016", "refutes", "al-Zawahiri pledged allegiance (bay`a)"
             " to Mansoor", "abstract"),
        Relate("no_oath", "contradicts", "akhundzada"),
        Judge("no_oath", "refuted", "Two pledges were published by the man who made them.",
              "2026-10-14"),
        Assert("filmed", "o_filmed", "Zawahiri’s pledge of 2016 was published as a video."),
        Cite("filmed_k", "filmed", "katz", "supports", "14-minute video", "part on the pledge"),
        Relate("filmed", "narrows", "akhundzada"),
        Assert("answer", "o_answer", "Al Qaeda stressed its pledge because ISIS had declared a"
               " caliphate.", speaker="bunzel", said_on="2021-09"),
        Cite("answer_b", "answer", "bunzel", "supports", locator="part 1"),
        Cite("answer_c", "answer", "ctc2016", "supports",
             "at a time of rising competition from the Islamic State", "abstract"),
        Judge("answer", "supported", "Two authors, working apart, give the same motive.",
              "2026-10-14"),
        Assert("caliphate", "o_caliphate", "ISIS declared a caliphate in June 2014."),
        Cite("caliphate_b", "caliphate", "bunzel", "supports", "in June 2014", "part 1"),
        Relate("answer", "depends", "caliphate"),
        Assert("y2030", "o_2030", "The Taliban will not renounce al Qaeda’s pledge before 2030.",
               speaker="solheim", said_on="2026-10-09", due="2030-01-01"),
        Cite("y2030_s", "y2030", "solheim", "supports",
             "They will not renounce it before 2030, whatever is signed", "minute 27"),
        Work("y2030", "not_due", due="2030-01-01"),
        Relate("y2030", "depends", "never"),
        Assert("banner", "o_banner", "A banner photographed in Kabul gives the Taliban’s leader a"
               " religious title."),
        Log("banner", "contact", "Picture desk", "Who took it, and when?",
            "From the archive, no date on the file; the author remembers the place."),
        Work("banner", "on_author"),
    ),
)  # fmt: skip

_FIRST_ACCEPTED = (
    "o_three", "o_disagree", "o_rule", "o_arrived", "o_bade", "o_lodged",
    "o_courtship", "o_frame", "o_2001", "o_1990s", "o_bound", "o_both", "o_1999", "o_killed",
    "o_renewed", "o_circle", "o_omar", "o_mansour", "o_drone", "o_akhundzada",
    "o_soldiers", "o_commits", "o_banner", "o_ghali", "o_never", "o_no_oath", "o_hard",
    "o_filmed", "o_answer", "o_caliphate", "o_shield", "o_holier", "o_view", "o_2030",
)  # fmt: skip

_BEN_READS_OATH = Sitting(
    "2026-10-15T09:10",
    "ben",
    (
        Confirm(("three_b", "disagree_c", "rule_b", "arrived_9", "bade_b", "bade_9", "lodged_9",
                 "frame_b", "oath_2001_b", "oath_1990s_k", "bound_k", "bound_b", "brown_c",
                 "y1999_c", "killed_w", "renewed_b", "omar_b", "mansour_c", "drone_c",
                 "akhundzada_k", "akhundzada_b", "ghali_b", "never_k", "no_oath_k", "no_oath_c",
                 "filmed_k", "answer_b", "answer_c", "caliphate_b", "y2030_s")),
        Accept(_FIRST_ACCEPTED),
        Return("o_brown", "boundary", "Too wide: what Brown doubts is the clause after “that”. The"
               " frame is not in dispute."),
        Propose("o_nobody_fixes", {"label": "O", "claim_kind": ""},
                "“Nobody can” is a flourish; the checkable part stands in the standfirst."),
        Say("oath_when", "o_rule", "Could we cite a reference work here as well?"),
    ),
)  # fmt: skip

_ADA_ANSWERS = Sitting(
    "2026-10-16T13:05",
    "ada",
    (
        Change("o_brown", {"quote": "bin Laden ever swore in person",
                           "chain": "Brown, on an insider’s recollections"}),
        Take("o_nobody_fixes"),
        Change("o_nobody_fixes", {"uncertain": False}),
        Say("oath_when_2", "o_rule", "Not for this piece; the essays carry it.",
            answers="oath_when"),
    ),
)  # fmt: skip

_BEN_CLOSES_OATH = Sitting(
    "2026-10-19T08:20",
    "ben",
    (
        Accept(("o_brown", "o_nobody_fixes")),
        Settle("oath_when"),
        Read("oath"),
    ),
)

_CLEO_SIGNS_OATH = Sitting(
    "2026-10-20T14:30",
    "cleo",
    (
        Read("oath"),
        Waive("oath", "source", "o_circle", "Nobody can document who knew; the sentence says no"
              " more than that."),
        SignOff("oath"),
    ),
)  # fmt: skip

_ADA_BRINGS_VICTORY = Sitting("2026-10-20T16:20", "ada", (Import("victory"),))

_BEN_MARKS_VICTORY = Sitting(
    "2026-10-21T08:15",
    "ben",
    (
        Mark("v_gift", "victory", "O", "a gift to al Qaeda", voice="named", speaker="katz",
             quote_kind="indirect"),
        Mark("v_broken", "victory", "O", "a movement too broken to collect it", voice="named",
             speaker="bunzel", quote_kind="indirect"),
        Mark("v_fell", "victory", "F", "Kabul fell on 15 August 2021", claim_kind="event",
             check_worthiness=1),
        Mark("v_left", "victory", "F", "the last American aircraft left it a minute before"
             " midnight on 30 August", claim_kind="event", check_worthiness=2),
        Mark("v_boost", "victory", "C", "nothing since the 2001 attacks had helped the jihadist"
             " cause so much", voice="named", speaker="katz", quote_kind="indirect",
             claim_kind="comparison", check_worthiness=2),
        Mark("v_1990s", "victory", "C", "the pledge of obedience, which bin Laden gave in the 1990s",
             voice="named", speaker="katz", quote_kind="indirect", claim_kind="historical",
             check_worthiness=3),
        Mark("v_film", "victory", "C", "al Qaeda’s South Asian branch fights beside Taliban units",
             voice="named", speaker="katz", chain="Katz, on a film of May 2019",
             quote_kind="indirect", claim_kind="event", check_worthiness=2),
        Mark("v_will", "victory", "C", "the will of Jalaluddin Haqqani, printed in September 2019,"
             " which honours bin Laden", voice="named", speaker="katz", quote_kind="indirect",
             claim_kind="event", check_worthiness=2),
        Mark("v_faces", "victory", "O", "the Taliban show one face to diplomats and another to"
             " believers", voice="named", speaker="katz", quote_kind="indirect"),
        Mark("v_unchanged", "victory", "C", "it had not changed since 1996", voice="document",
             speaker="somood", chain="al-Somood, in Katz’s translation", quote_kind="translated",
             claim_kind="position", check_worthiness=1),
        Mark("v_bolder", "victory", "O", "the next attackers will be bolder than the last",
             voice="named", speaker="katz", quote_kind="indirect",
             note="A prediction that no date or event would settle."),
        Mark("v_masri", "victory", "C", "Al Qaeda’s deputy was shot in Tehran in August 2020",
             claim_kind="event", check_worthiness=3, uncertain=True,
             note="Ours or Bunzel’s? He counts it; we repeat it without a name."),
        Mark("v_rauf", "victory", "F", "Husam Abd al-Rauf, a further commander, died in Afghanistan"
             " that October", claim_kind="event", check_worthiness=2),
        Mark("v_adel", "victory", "C", "the likely heir, Saif al-Adel, had been in Iran for almost"
             " twenty years", voice="named", speaker="bunzel", quote_kind="indirect",
             claim_kind="quantity", check_worthiness=2),
        Mark("v_branches", "victory", "C", "The branches from the Sahara to Bengal, Bunzel adds,"
             " take orders from nobody at the top", voice="named", speaker="bunzel",
             quote_kind="indirect", claim_kind="event", check_worthiness=2),
        Mark("v_idols", "victory", "O", "a handover between idols, the first of them shaved and the"
             " second bearded", voice="document", speaker="naba",
             chain="the newsletter, in Bunzel’s translation", quote_kind="translated"),
        Mark("v_plot", "victory", "C", "Taliban and Americans were plotting together",
             voice="named", speaker="isis", chain="the spokesman, as Bunzel reports him",
             quote_kind="indirect", claim_kind="motive", check_worthiness=2),
        Mark("v_wide", "victory", "O", "a range so wide that it settles nothing"),
        Mark("v_range", "victory", "C", "several dozen to 500, in fifteen provinces",
             voice="document", speaker="un", quote_kind="indirect", claim_kind="quantity",
             check_worthiness=3),
        Mark("v_quiet", "victory", "C", "the Taliban had told al Qaeda to keep quiet until foreign"
             " troops were gone", voice="named", speaker="dia",
             chain="the DIA, on what the Taliban asked", quote_kind="indirect",
             claim_kind="event", check_worthiness=3),
        Mark("v_silence", "victory", "C", "Al Qaeda then published next to nothing on Afghanistan"
             " for eighteen months", claim_kind="quantity", check_worthiness=2),
        Mark("v_badly", "victory", "O", "Whoever read only one of them in that month was badly"
             " served"),
        Mark("v_zawahiri", "victory", "F", "An American drone killed Zawahiri in Kabul on 31 July"
             " 2022", claim_kind="event", check_worthiness=3),
        Mark("v_violated", "victory", "C", "by sheltering him the Taliban had grossly violated the"
             " Doha agreement", voice="named", speaker="state", quote_kind="indirect",
             claim_kind="rule", check_worthiness=3),
        Mark("v_foreseen", "victory", "C", "Neither essay had foreseen that the guest would be dead"
             " within a year of the takeover", claim_kind="event", check_worthiness=1),
        Mark("v_welcome", "victory", "O", "Katz foresaw the welcome; Bunzel foresaw how little"
             " could be done with it"),
        Mark("v_overlap", "victory", "O", "the two overlap more than their headlines suggest"),
        Mark("v_prize", "victory", "O", "It would be foolish to hand either of them the prize"),
        Withdraw("v_overlap"),
    ),
)  # fmt: skip

_BEN_CITES_VICTORY = Sitting(
    "2026-10-22T07:45",
    "ben",
    (
        *(AddSource(key) for key in ("un", "leadig", "nyt", "globe", "briefing", "blinken",
                                     "agreement")),
        Join("v_1990s", "oath_1990s"),
        Assert("fell", "v_fell", "The Taliban took Kabul on 15 August 2021."),
        Cite("fell_b", "fell", "bunzel", "supports", "on August 15", "part 2, on ISIS"),
        Assert("left", "v_left", "The last American aircraft left Kabul at 23.59 on 30 August"
               " 2021, local time."),
        Cite("left_m", "left", "briefing", "supports",
             "The last C-17 lifted off from Hamid Karzai International Airport on August 30th, this"
             " afternoon, at 3:29 PM East Coast Time", "0:14",
             note="One minute to midnight in Kabul."),
        Cite("left_b", "left", "bunzel", "partly", "on August 31", "part 2",
             note="A day later: counted from midnight, or a slip. One minute lies between them."),
        Assert("film", "v_film", "A film of May 2019 by al Qaeda’s South Asian branch shows"
               " fighting under Taliban command.", speaker="katz", said_on="2021-09"),
        Cite("film_k", "film", "katz", "supports", "“under the leadership”",
             "part on the pledge"),
        Judge("film", "supported", "Described with title and date; a still was printed with the"
              " essay.", "2026-10-22"),
        Assert("will", "v_will", "Jalaluddin Haqqani’s will, published in September 2019, praises"
               " bin Laden.", speaker="katz", said_on="2021-09"),
        Cite("will_k", "will", "katz", "supports", "voiced reverence",
             "part on the Haqqani network"),
        Log("will", "search", "Library copies of the magazine, September 2019", "text of the will",
            "The issue is not held anywhere we can reach."),
        Work("will", "done"),
        Judge("will", "supported", "One essay, with the place of publication; the original was not"
              " seen.", "2026-10-22"),
        Assert("unchanged", "v_unchanged", "The Taliban’s magazine says the movement is the same"
               " as in 1996.", speaker="somood", said_on="2021-08-31"),
        Cite("unchanged_k", "unchanged", "katz", "supports", locator="part on the magazine",
             note="In translation; the Arabic was not seen."),
        Judge("unchanged", "supported", "The magazine’s position as quoted; whether it is true is"
              " another matter.", "2026-10-22"),
        Assert("masri", "v_masri", "Al Qaeda’s deputy leader, al-Masri, was shot dead in Tehran in August"
               " 2020.",
               said_on="2020-11-13"),
        Cite("masri_b", "masri", "bunzel", "supports", "In August 2020", "part 3"),
        Cite("masri_n", "masri", "nyt", "supports", note="To be read; cited by the next one."),
        Cite("masri_g", "masri", "globe", "supports",
             "killed by two motorcycle-riding assassins on Aug. 7", "on the report"),
        Cite("masri_i", "masri", "globe", "refutes", "denied “any presence of al-Qaida”",
             "on the spokesman", note="The ministry’s denial, of 14 November."),
        Judge("masri", "conflicting", "Officials of one side say so, the government of the place"
              " denies it; no body was shown.", "2026-10-22"),
        Assert("rauf", "v_rauf", "Husam Abd al-Rauf lost his life in Afghanistan in October 2020."),
        Cite("rauf_b", "rauf", "bunzel", "supports", "two months later", "part 3"),
        Cite("rauf_k", "rauf", "katz", "supports", "media chief",
             "part on the pledge", note="Under another name."),
        Assert("adel", "v_adel", "Saif al-Adel lived in Iran from about 2002 to 2021.",
               speaker="bunzel", said_on="2021-09"),
        Cite("adel_b", "adel", "bunzel", "supports", "nearly two decades", "part 3"),
        Judge("adel", "supported", "No source seen puts him elsewhere.", "2026-10-22"),
        Assert("branches", "v_branches", "Al Qaeda’s central leadership does not command its"
               " regional branches.", speaker="bunzel", said_on="2021-09"),
        Cite("branches_b", "branches", "bunzel", "supports", "largely decentralized network",
             "part 3"),
        Judge("branches", "supported", "The essay gives two breaks, of 2013 and 2016, as proof.",
              "2026-10-22"),
        Assert("plot", "v_plot", "The Americans conspired with the Taliban against ISIS.",
               speaker="isis", said_on="2020"),
        Cite("plot_b", "plot", "bunzel", "context", locator="part 1, last paragraphs",
             note="Reports the charge and does not share it."),
        Cite("plot_a", "plot", "agreement", "refutes", locator="Parts One and Two",
             note="No such promise in the published text; there are annexes."),
        Judge("plot", "not_enough", "The published text has nothing of it and the annexes are"
              " closed.", "2026-10-22"),
        Assert("range", "v_range", "UN monitors put al Qaeda’s strength in Afghanistan at several"
               " dozen to 500 people in 15 provinces.", speaker="un", said_on="2021-06-01"),
        Cite("range_u", "range", "un", "supports", locator="summary",
             note="Paragraph number to be added."),
        Cite("range_b", "range", "bunzel", "supports", "across 15 provinces", "part 2"),
        Judge("range", "supported", "That the monitors say it; not that it is so.", "2026-10-22"),
        Assert("quiet", "v_quiet", "The Taliban told al Qaeda to limit its activity and hide their"
               " relations until foreign forces had left.", speaker="dia", said_on="2021"),
        Cite("quiet_b", "quiet", "bunzel", "supports", "restrict its activities", "part 2"),
        Cite("quiet_l", "quiet", "leadig", "context", locator="section on al Qaeda",
             note="Looked for the sentence and did not find it; other quarters remain."),
        Log("quiet", "search", "Quarterly reports to Congress, April to June 2021",
            "obfuscate, restrict, longstanding", "Not found in this quarter."),
        Log("quiet", "contact", "Press office of the inspector general, by e-mail",
            "Which quarterly report carries the agency’s statement?"),
        Judge("quiet", "supported", "Quoted by a named author; the report itself is still to be"
              " found.", "2026-10-22"),
        Work("quiet", "waiting"),
        Assert("silence", "v_silence", "Al Qaeda’s leadership hardly spoke of Afghanistan from"
               " spring 2020 to August 2021."),
        Cite("silence_b", "silence", "bunzel", "supports", "ceased to comment", "part 2"),
        Relate("silence", "depends", "quiet"),
        Judge("silence", "supported", "One author, who reads the movement’s publications"
              " regularly.", "2026-10-22"),
        Assert("zawahiri", "v_zawahiri", "Ayman al-Zawahiri was killed by an American strike in"
               " Kabul on 31 July 2022.", said_on="2022-08-01"),
        Cite("zawahiri_w", "zawahiri", "biden", "supports", "successfully concluded an airstrike in"
             " Kabul, Afghanistan"),
        Assert("violated", "v_violated", "By sheltering Zawahiri the Taliban broke the Doha"
               " agreement.", speaker="state", said_on="2022-08-01"),
        Cite("violated_s", "violated", "blinken", "supports",
             "the Taliban grossly violated the Doha Agreement"),
        Cite("violated_a", "violated", "agreement", "partly", "will not host them",
             "Part Two, 3"),
        Judge("violated", "supported", "The department said it, and Part Two speaks of hosting.",
              "2026-10-22"),
        Assert("foreseen", "v_foreseen", "Neither essay predicted Zawahiri’s death within a"
               " year."),
        Cite("foreseen_b", "foreseen", "bunzel", "supports", locator="whole essay",
             note="He calls him ill, no more."),
        Cite("foreseen_k", "foreseen", "katz", "supports", locator="whole essay"),
        Judge("foreseen", "supported", "Both essays read through for it.", "2026-10-22"),
    ),
)  # fmt: skip

_CLEO_READS_VICTORY = Sitting(
    "2026-10-27T09:00",
    "cleo",
    (
        Confirm(("fell_b", "left_m", "left_b", "film_k",
                 "will_k", "unchanged_k", "masri_b", "masri_g", "masri_i", "rauf_b", "rauf_k",
                 "adel_b", "branches_b", "plot_b", "plot_a", "range_u", "range_b",
                 "quiet_b", "silence_b", "zawahiri_w", "violated_s", "violated_a", "foreseen_b",
                 "foreseen_k")),
        Return("v_boost", "label", "“So much” has no measure. By our rules a superlative without a"
               " metric is an opinion, here in her voice."),
        Return("v_1990s", "context", "We judged her date supported, and in the oath article"
               " Bunzel’s 2001 as well. They exclude each other. Look at both before I accept"
               " this."),
        Say("dates", "v_1990s", "Two studies in the same journal were already cited next door."
            " One gives 1999."),
        Accept(("v_gift", "v_broken", "v_fell", "v_left", "v_film",
                "v_will", "v_faces", "v_unchanged", "v_bolder", "v_masri", "v_rauf",
                "v_adel", "v_branches", "v_idols", "v_plot", "v_wide",
                "v_range", "v_quiet", "v_silence", "v_badly", "v_zawahiri",
                "v_violated", "v_foreseen", "v_welcome", "v_prize")),
    ),
)  # fmt: skip

# Here the signed article of the oath lapses: the verdict and evidence of two of its spans change.
_BEN_FINDS_THE_CONTRADICTION = Sitting(
    "2026-10-28T08:05",
    "ben",
    (
        Change("v_boost", {"label": "O", "claim_kind": "", "check_worthiness": None}),
        Relate("oath_2001", "contradicts", "oath_1990s"),
        Cite("oath_1990s_c", "oath_1990s", "ctc2016", "supports",
             "In 1999 when bin Ladin finally decided", "section “Bin Ladin’s Bay`a”"),
        Cite("oath_2001_c", "oath_2001", "ctc2016", "refutes",
             "In 1999 when bin Ladin finally decided", "section “Bin Ladin’s Bay`a”"),
        Cite("oath_2001_d", "oath_2001", "ctc2010", "context", "Bin Ladin’s dubious oath",
             "introduction", note="Would undo both dates."),
        Log("oath_2001", "search", "Both studies and their notes", "a public repetition in 2001",
            "Possible and not shown; that would reconcile the two."),
        Log("oath_2001", "contact", "Cole Bunzel, by e-mail through his institution",
            "Is 2001 the first oath or a public repetition?"),
        Judge("oath_2001", "conflicting", "A study of 2016 has 1999, an essay of 2021 has 2001; one"
              " may mean a public repetition.", "2026-10-28"),
        Work("oath_2001", "waiting"),
        Relate("y1999", "narrows", "oath_1990s"),
        Say("dates_2", "v_1990s", "Right. 1999 added to both, 2001 is now conflicting. The oath"
            " article will have to be signed again.", answers="dates"),
    ),
)  # fmt: skip

_CLEO_CLOSES_VICTORY = Sitting(
    "2026-10-30T12:40",
    "cleo",
    (
        Confirm(("oath_1990s_c", "oath_2001_c", "oath_2001_d")),
        Accept(("v_boost", "v_1990s")),
        Settle("dates"),
        Read("victory"),
    ),
)

_ADA_SIGNS_VICTORY = Sitting(
    "2026-11-03T10:15",
    "ada",
    (
        Read("victory"),
        SignOff("victory"),
        Import("doha"),
    ),
)

_CLEO_MARKS_DOHA = Sitting(
    "2026-11-03T12:50",
    "cleo",
    (
        Mark("d_signed", "doha", "F", "The agreement was signed in Doha, Qatar, on 29 February"
             " 2020", claim_kind="event", check_worthiness=2),
        Mark("d_part", "doha", "C", "have made the Taliban part company with al Qaeda",
             voice="unnamed", quote_kind="indirect", claim_kind="causal", check_worthiness=3),
        Mark("d_cut", "doha", "C", "the words “cut ties” occur nowhere in it",
             claim_kind="event", check_worthiness=3),
        Mark("d_soil", "doha", "F", "“will not allow any of its members, other individuals or"
             " groups, including al-Qa’ida, to use the soil of Afghanistan”", voice="document",
             speaker="doha", quote_kind="direct", claim_kind="rule", check_worthiness=3),
        Mark("d_recruits", "doha", "F", "“will prevent them from recruiting, training, and"
             " fundraising and will not host them”", voice="document", speaker="doha",
             quote_kind="direct", claim_kind="rule", check_worthiness=3),
        Mark("d_talks", "doha", "C", "negotiations among Afghans were to open on 10 March 2020",
             voice="document", speaker="doha", quote_kind="indirect", claim_kind="rule",
             check_worthiness=2),
        Mark("d_nothing", "doha", "C", "Nothing in the four pages mentions an oath",
             claim_kind="event", check_worthiness=2),
        Mark("d_absurd", "doha", "O", "an absurd omission", voice="unnamed",
             chain="diplomats, unnamed"),
        Mark("d_scare", "doha", "O", "‘guarantees’", quote_kind="scare",
             note="The agreement’s own word, set in doubt by the quotation marks."),
        Mark("d_enforce", "doha", "O", "Who is going to enforce them now?", uncertain=True),
        Mark("d_buying", "doha", "C", "Washington may have known what it was buying",
             claim_kind="motive", certainty="hedged", check_worthiness=1),
        Mark("d_calendar", "doha", "C", "they did not, probably because the calendar mattered more",
             claim_kind="causal", certainty="hedged", check_worthiness=1),
        Mark("d_compared", "doha", "C", "the versions were compared line by line before the"
             " ceremony", voice="unnamed", chain="a person who worked on the translations",
             quote_kind="indirect", claim_kind="event", check_worthiness=2),
        Mark("d_triumph", "doha", "O", "a triumph for the faithful", voice="named", speaker="aq",
             chain="the statement of March 2020, in Bunzel’s translation",
             quote_kind="indirect"),
        Mark("d_sneered", "doha", "O", "sneered", note="A loaded verb over a fact."),
        Mark("d_allies", "doha", "O", "the Taliban had found “new allies”", voice="named",
             speaker="isis", quote_kind="translated"),
        Mark("d_masri", "doha", "C", "Abu Muhammad al-Masri had been shot dead in Tehran that"
             " August", voice="named", speaker="nyt", quote_kind="indirect", claim_kind="event",
             check_worthiness=3),
        Mark("d_denied", "doha", "F", "Iran’s foreign ministry denied it", claim_kind="quote",
             check_worthiness=2, note="The frame: that the ministry denied it."),
        Mark("d_rauf", "doha", "F", "Husam Abd al-Rauf fell in Ghazni province in October 2020",
             claim_kind="event", check_worthiness=3),
        Mark("d_two_names", "doha", "C", "he is the man whom Katz lists under his war name, Abu"
             " Muhsin al-Masri", claim_kind="event", check_worthiness=2),
        Mark("d_hanif", "doha", "C", "Mohammed Hanif, deputy head of the South Asian branch, died"
             " in Farah a month later", voice="named", speaker="katz", quote_kind="indirect",
             claim_kind="event", check_worthiness=3),
        Mark("d_rumours", "doha", "C", "Rumours buried Zawahiri in 2020", voice="unnamed",
             claim_kind="event", certainty="denied", check_worthiness=2),
        Mark("d_zawahiri", "doha", "F", "He was killed in Kabul on 31 July 2022",
             claim_kind="event", check_worthiness=3),
        Mark("d_most", "doha", "C", "at most 500 of the organisation’s men were left in the"
             " country", claim_kind="quantity", check_worthiness=3),
        Mark("d_decade", "doha", "C", "the movement will need a decade to train another",
             claim_kind="prediction", check_worthiness=1),
    ),
)  # fmt: skip

_CLEO_CITES_DOHA = Sitting(
    "2026-11-05T08:30",
    "cleo",
    (
        AddSource("translator"),
        Join("d_masri", "masri"),
        Join("d_rauf", "rauf"),
        Assert("zawahiri_2", "d_zawahiri", "Zawahiri died in a strike on Kabul on 31 July 2022."),
        Cite("zawahiri_2_w", "zawahiri_2", "biden", "supports", "this terrorist leader is no more"),
        Relate("zawahiri_2", "repeats", "zawahiri"),
        Assert("signed", "d_signed", "The agreement was signed in Doha on 29 February 2020."),
        Cite("signed_a", "signed", "agreement", "supports", "February 29, 2020", "p. 1"),
        Assert("part", "d_part", "The agreement obliged the Taliban to break with al Qaeda."),
        Cite("part_a", "part", "agreement", "refutes", "will not host them", "Part Two, 3",
             note="Obliges them not to host; says nothing of relations."),
        Cite("part_b", "part", "bunzel", "refutes", "“cut ties”", "part 1"),
        Judge("part", "refuted", "The text forbids hosting and use of the soil; it does not ask for"
              " a break.", "2026-11-05"),
        Assert("cut", "d_cut", "The agreement does not contain the phrase “cut ties”."),
        Cite("cut_a", "cut", "agreement", "supports", locator="whole text, pp. 1–4"),
        Relate("cut", "contradicts", "part"),
        Judge("cut", "supported", "Searched in the full text.", "2026-11-05"),
        Assert("soil", "d_soil", "The Taliban promised that nobody, al Qaeda included, would use"
               " Afghan soil against American security.", speaker="doha", said_on="2020-02-29"),
        Cite("soil_a", "soil", "agreement", "supports", "will not allow any of its members, other"
             " individuals or groups, including al-Qa’ida, to use the soil of Afghanistan",
             "Part Two, 1"),
        Assert("recruits", "d_recruits", "The Taliban undertook to prevent recruiting, training and"
               " fund-raising, and not to host.", speaker="doha", said_on="2020-02-29"),
        Cite("recruits_a", "recruits", "agreement", "supports",
             "will prevent them from recruiting, training, and fundraising", "Part Two, 3"),
        Assert("talks", "d_talks", "Talks among Afghans were to begin on 10 March 2020.",
               speaker="doha", said_on="2020-02-29"),
        Cite("talks_a", "talks", "agreement", "supports",
             "will start intra-Afghan negotiations with Afghan sides on March 10, 2020",
             "preamble, 3"),
        Judge("talks", "supported", "In these words.", "2026-11-05"),
        Assert("compared", "d_compared", "The language versions were compared line by line before"
               " signing.", said_on="2026-10"),
        Cite("compared_t", "compared", "translator", "supports",
             locator="second conversation"),
        Log("compared", "contact", "A second person who was there, by letter",
            "Can you confirm the comparison of the versions?"),
        Work("compared", "waiting"),
        Assert("denied", "d_denied", "Iran’s foreign ministry denied that al-Masri was killed in"
               " Tehran.", said_on="2020-11"),
        Relate("denied", "contradicts", "masri"),
        Cite("denied_g", "denied", "globe", "supports",
             "Iran’s Foreign Ministry on Saturday denied a report", "first sentence"),
        Work("denied", "done"),
        Assert("hanif", "d_hanif", "Mohammed Hanif died in Farah in November 2020.",
               speaker="katz", said_on="2021-09"),
        Cite("hanif_k", "hanif", "katz", "supports", "Farah province",
             "part on the pledge"),
        Assert("rumours", "d_rumours", "Zawahiri died in 2020."),
        Cite("rumours_b", "rumours", "bunzel", "refutes", "have disproved", "part 3"),
        Cite("rumours_w", "rumours", "biden", "refutes", locator="opening",
             note="He was killed in July 2022."),
        Relate("rumours", "contradicts", "zawahiri_2"),
        Judge("rumours", "refuted", "He appeared in 2021 and was killed in 2022.", "2026-11-05"),
        Assert("most", "d_most", "No more than 500 members of al Qaeda were in Afghanistan in"
               " August 2021."),
        Cite("most_u", "most", "un", "partly", locator="summary",
             note="Two months earlier, and as the upper end of a range."),
        Relate("most", "narrows", "range"),
        Work("most", "searching"),
        Assert("decade", "d_decade", "Al Qaeda will have no trained leadership of its former size"
               " before 2036.", said_on="2026-11", due="2036-11-01"),
        Work("decade", "not_due", due="2036-11-01"),
        Say("desk_number", "d_most", "@Ben Okafor, do we mean June or August? The report is of June."),
    ),
)  # fmt: skip

_ADA_READS_DOHA = Sitting(
    "2026-11-09T08:45",
    "ada",
    (
        Ask("doha", "ben", "second_read", "2026-12-01"),
        Confirm(("signed_a", "part_a", "part_b", "cut_a", "soil_a", "recruits_a", "talks_a",
                 "rumours_b", "rumours_w")),
        Accept(("d_signed", "d_part", "d_cut", "d_soil", "d_recruits", "d_talks",
                "d_absurd", "d_scare", "d_triumph", "d_sneered", "d_rumours",
                "d_enforce")),
        Return("d_hanif", "source", "The essay has Farah province and the month, but gives no"
               " word on who reported it. Is there a statement by anybody?"),
        Return("d_allies", "voice", "That is the newsletter, not the spokesman."),
        Return("d_most", "context", "An upper bound of June is not a count of August. Say so, or"
               " take it out."),
        Propose("d_calendar", {"claim_kind": "motive"},
                "Why envoys acted as they did is a motive, and an unattributed one."),
        Propose("d_buying", {"label": "O", "claim_kind": ""},
                "Which record would settle what Washington may have known? I know of none."),
        Read("doha", (2, 4, 5, 6, 7, 8, 9, 10, 11)),
    ),
)  # fmt: skip

_ADA_MARKS_NAMES = Sitting(
    "2026-11-11T09:20",
    "ada",
    (
        Import("names"),
        Mark("n_arabic", "names", "F", "The leader’s name is written أيمن الظواهري in Arabic"),
        Mark("n_five", "names", "F", "“Café” has four code points and “Cafe\u0301” has five"),
        Mark("n_lying", "names", "O", "An editor who tidies a quotation to make it prettier is"
             " lying a little"),
        Mark("n_family", "names", "F", "A family 👨‍👩‍👧‍👦 is one picture and seven code points"),
        Mark("n_dragon", "names", "F", "The dragon flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿 takes seven"),
        Mark("n_hebrew", "names", "C", "(שלום) and [עולם] open on the right",
             claim_kind="event", uncertain=True),
        Mark("n_hyphens", "names", "F", "coun\u00adter\u00adter\u00adror\u00adism hides four soft"
             " hyphens"),
        Mark("n_kabul", "names", "F", "Kabul is 喀布尔 in Chinese"),
        Mark("n_bytes", "names", "C", "The letters 𝔗𝔥𝔦𝔰 weigh sixteen bytes",
             claim_kind="quantity"),
        Mark("n_older", "names", "C", "The sign 𒀀 is older than any of them",
             claim_kind="comparison", check_worthiness=0),
    ),
)  # fmt: skip

_BEN_READS_NAMES = Sitting(
    "2026-11-12T09:50",
    "ben",
    (
        Accept(("n_arabic", "n_five", "n_lying", "n_family", "n_hyphens", "n_kabul")),
        Return("n_bytes", "other", "In which encoding? Sixteen holds for UTF-8 and for UTF-16."),
        Say("bytes", "n_bytes", "Then say “in UTF-8”, and keep the number."),
        Read("names", (1, 2, 3)),
    ),
)

_CLEO_GOES_ON = Sitting(
    "2026-11-16T08:10",
    "cleo",
    (
        AddSource("letter"),
        Change("d_allies", {"voice": "document", "speaker": "naba",
                            "chain": "the newsletter, in Bunzel’s translation"}),
        Assert("two_names", "d_two_names", "Husam Abd al-Rauf and Abu Muhsin al-Masri are the same"
               " man."),
        Cite("two_names_l", "two_names", "letter", "supports", locator="second paragraph"),
        Cite("two_names_b", "two_names", "bunzel", "context", "two months later", "part 3",
             note="Same month and country, another name."),
        Relate("two_names", "depends", "rauf"),
        Judge("two_names", "supported", "A librarian’s index, and the dates agree.",
              "2026-11-16"),
        Log("hanif", "search", "Statements of the Afghan intelligence service, November 2020",
            "Hanif, Farah", "A post is mentioned in other reports; the post itself is gone."),
        Work("hanif", "searching"),
        Take("d_calendar"),
    ),
)  # fmt: skip

_ADA_MARKS_DATES = Sitting(
    "2026-11-17T09:10",
    "ada",
    (
        Import("dates"),
        Mark("t_disagree", "dates", "C", "A reader in Boston and a reader in Bergen disagree about"
             " 11/04/26", claim_kind="comparison"),
        Mark("t_digits", "dates", "F", "Nobody can tell from the digits alone"),
        Mark("t_programs", "dates", "C", "Most programs read such a date one way",
             claim_kind="quantity", check_worthiness=2),
        Mark("t_worse", "dates", "O", "A date that has to be guessed is worse than no date",
             voice="unnamed", quote_kind="indirect"),
        Mark("t_desk", "dates", "F", "The desk writes 4 November 2026 or 2026-11-04"),
    ),
)  # fmt: skip

_BEN_READS_DATES = Sitting(
    "2026-11-18T10:00",
    "ben",
    (
        Accept(("t_disagree", "t_programs", "t_worse")),
        Propose("t_digits", {"label": "C", "claim_kind": "causal"},
                "That nobody can is a claim: the page around the digits may tell."),
        Propose("t_desk", {"quote": "The desk writes 4 November 2026"},
                "Only the first spelling is in the style guide. 📅"),
    ),
)  # fmt: skip

_ADA_ANSWERS_BEN = Sitting(
    "2026-11-19T09:00",
    "ada",
    (
        Take("t_digits"),
        Decline("t_desk", "The guide has both since Monday; the second is for tables."),
    ),
)

_ADA_BRINGS_DATES_AGAIN = Sitting("2026-11-24T09:30", "ada", (Import("dates_2"),))

_BEN_PROPOSES_ONCE_MORE = Sitting(
    "2026-11-25T09:00",
    "ben",
    (
        Propose("n_older", {"label": "O", "claim_kind": ""},
                "Older than any of them is a matter of what one counts."),
    ),
)  # fmt: skip

SITTINGS = (
    _ADA_MARKS_OATH,
    _ADA_CITES_OATH,
    _BEN_READS_OATH,
    _ADA_ANSWERS,
    _BEN_CLOSES_OATH,
    _CLEO_SIGNS_OATH,
    _ADA_BRINGS_VICTORY,
    _BEN_MARKS_VICTORY,
    _BEN_CITES_VICTORY,
    _CLEO_READS_VICTORY,
    _BEN_FINDS_THE_CONTRADICTION,
    _CLEO_CLOSES_VICTORY,
    _ADA_SIGNS_VICTORY,
    _CLEO_MARKS_DOHA,
    _CLEO_CITES_DOHA,
    _ADA_READS_DOHA,
    _ADA_MARKS_NAMES,
    _BEN_READS_NAMES,
    _CLEO_GOES_ON,
    _ADA_MARKS_DATES,
    _BEN_READS_DATES,
    _ADA_ANSWERS_BEN,
    _ADA_BRINGS_DATES_AGAIN,
    _BEN_PROPOSES_ONCE_MORE,
)
