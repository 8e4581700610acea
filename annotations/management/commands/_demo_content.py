# ruff: noqa: RUF001 - the texts hold the quotation marks and letters that articles hold.
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

    @property
    def text(self) -> str:
        """The canonical text: the blocks in order, an empty line between each two."""
        return "\n\n".join(block.text for block in self.blocks)

    def offset(self, index: int) -> int:
        """Return where block ``index`` begins in ``text``, in code points."""
        return sum(len(block.text) + 2 for block in self.blocks[:index])


# --- steps, in the words of the actions they become -------------------------------------------


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
class Say:
    key: str
    span: str
    text: str


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
    | Log | Judge | Accept | Return | Propose | Take | Say | Settle | Read | Waive | SignOff
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sitting:
    """What one person does in one go; ``at`` is the first step's time, in UTC."""

    at: str
    by: str
    steps: tuple[Step, ...] = field(default_factory=tuple)


#: What may block a sign-off and be waived, in the words of DESIGN 4.
BLOCKERS = ("second_reader", "verdict", "source", "read", "date", "comment")


def _flow(words: str) -> str:
    """Join lines broken for this file's width; no-break spaces and the like stay."""
    return re.sub(r"[ \n]+", " ", words.strip(" \n"))


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
    Speaker("iran", "Iran’s foreign ministry", (), "foreign ministry"),
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
        note="Catalogued from memory of the report; wording of the title not verified.",
    ),
    Source(
        "briefing",
        "speech",
        "Press briefing on the end of the withdrawal, 30 August 2021",
        "Department of Defense",
        ("Kenneth F. McKenzie Jr.",),
        "2021-08-30",
        "primary",
        access="no_link",
        note="The title is the desk’s.",
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
            same readers from much the same evidence, and they pull in opposite directions. Five years on, both
            deserve a second look."""
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
            was shot in Tehran in August 2020. A further commander, Husam Abd al-Rauf, died
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
            “cut ties” occur nowhere in it. What it does contain is a list."""
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
     Emphasis(8, "Talks", "strong"), Emphasis(9, "Troops", "strong"), Emphasis(10, "Prisoners", "strong")),
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

ARTICLES = (OATH, VICTORY, DOHA, NAMES)
