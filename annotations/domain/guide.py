"""The guide that reviewers have beside the article: definitions, hard cases, worked sentences.

A label is decided by the text and the voice alone, before anybody looks at a source. The order
of the rules is that of the decisions: whose words, can it be settled, how is it put.
"""

from dataclasses import dataclass

from annotations.domain.rendering import SpanView
from annotations.domain.vocabulary import LabelKind, Voice


@dataclass(frozen=True, slots=True)
class Mark:
    """``words`` of an example, how they are marked, and why."""

    words: str
    kind: str
    why: str
    voice: str = Voice.AUTHOR


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    marks: tuple[Mark, ...]

    def views(self) -> list[SpanView]:
        """Return the marks at their places: where its words stand first in the text."""
        found = []
        for number, mark in enumerate(self.marks):
            start = self.text.index(mark.words)
            found.append(
                SpanView(f"g{number}", start, start + len(mark.words), mark.kind, mark.voice)
            )
        return found


@dataclass(frozen=True, slots=True)
class Chapter:
    """One kind of label: what it is, how to tell, and sentences that show it."""

    kind: str
    definition: str
    test: str
    cases: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]


FACT, CLAIM, OPINION = LabelKind.FACT.value, LabelKind.CLAIM.value, LabelKind.OPINION.value
NAMED, UNNAMED, DOCUMENT = Voice.NAMED.value, Voice.UNNAMED.value, Voice.DOCUMENT.value

RULES: tuple[tuple[str, str], ...] = (
    (
        "Is it the article’s own content?",
        "Bylines, biographies, comment forms and teasers are not marked. A paragraph that comes "
        "twice is marked once, where it belongs to the argument.",
    ),
    (
        "Whose words are they?",
        "Attribution comes first. Mark what is said by what it would be if its speaker wrote it, "
        "and name the voice. “She said …” itself is marked only where the desk has to check that "
        "she said it.",
    ),
    (
        "Could any record settle it?",
        "Name the document, count or witness that would decide it. If you cannot, it is opinion.",
    ),
    (
        "Is it said flatly, in the article’s own voice, of one particular thing?",
        "Then it is a fact. Otherwise it is a claim. In doubt between the two: claim, which costs "
        "a look-up where the other mistake misleads a reader.",
    ),
    (
        "How much of it?",
        "The smallest clause that says it whole, its subject included and its final stop left "
        "out; quotation marks belong to a quotation. Sentences that mix are split, and one mark "
        "may lie inside another.",
    ),
    (
        "Still two readings?",
        "Choose by the questions above and tick “uncertain”. One label for one mark.",
    ),
    (
        "Does a second reader see it otherwise?",
        "The card shows what they propose, old and new. Y takes it; N keeps yours, with a line that "
        "tells them why.",
    ),
)

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        FACT,
        "A particular event or state, past or present, told without a hedge in the article’s own "
        "voice, that evidence could settle. The label says what sort of statement it is. It does "
        "not say that the statement is true: that is the verdict’s work.",
        "You can name the record that would settle it, nobody is quoted, nothing is softened.",
        (
            (
                "Common knowledge, places, dates",
                "A fact like any other; it can still be wrong.",
            ),
            (
                "A loaded verb over a plain event: “slammed”, “admitted”",
                "Fact for the event, and a small opinion mark on the verb.",
            ),
            (
                "A law or treaty, quoted with its article",
                "Fact. In the writer’s own words it is a claim about the law.",
            ),
            (
                "A quotation whose wording matters",
                "A fact on the whole frame (who said it, when), and inside it what the words are.",
            ),
            (
                "What the writer lived through",
                "Claim of personal experience, unless something documents it.",
            ),
        ),
        (
            Example(
                "The bridge at Orsova was closed to lorries on 4 May 2019.",
                (
                    Mark(
                        "The bridge at Orsova was closed to lorries on 4 May 2019",
                        FACT,
                        "One event, one date, no hedge. The final stop stays out.",
                    ),
                ),
            ),
            Example(
                "The ministry, a fortress of the timid, published the figures in June.",
                (
                    Mark(
                        "The ministry, a fortress of the timid, published the figures in June",
                        FACT,
                        "The publication can be looked up; the mark covers the whole sentence.",
                    ),
                    Mark(
                        "a fortress of the timid",
                        OPINION,
                        "A figure of speech that judges, nested in the fact.",
                    ),
                ),
            ),
            Example(
                "Article 12 reads: “Each party shall give ninety days’ notice.”",
                (
                    Mark(
                        "Article 12 reads: “Each party shall give ninety days’ notice.”",
                        FACT,
                        "The wording of a document, with its place in it.",
                    ),
                ),
            ),
            Example(
                "Mayor Lindqvist finally admitted that the pump had failed.",
                (
                    Mark(
                        "Mayor Lindqvist finally admitted that the pump had failed",
                        FACT,
                        "That she said so can be checked.",
                    ),
                    Mark("finally admitted", OPINION, "The verb accuses her of hiding it."),
                    Mark("the pump had failed", CLAIM, "What she said, in her voice.", NAMED),
                ),
            ),
            Example(
                "In 2014 the group renamed itself; by 2016 it had three branches.",
                (
                    Mark("In 2014 the group renamed itself", FACT, "One clause, one event."),
                    Mark("by 2016 it had three branches", FACT, "Another: it may be wrong alone."),
                ),
            ),
            Example(
                "The Danube flows through Belgrade.",
                (
                    Mark(
                        "The Danube flows through Belgrade",
                        FACT,
                        "Known to all, and a fact nonetheless.",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        CLAIM,
        "Something that can be checked and, by its form, asks for corroboration: attributed to "
        "somebody, counted without a document, causal, comparing, denying for all time, about a "
        "motive or a plan, hedged, or a prediction that a date could settle.",
        "Evidence could settle it, and the sentence itself leans on somebody or something.",
        (
            ("“Officials say 40,000 died”", "Claim (quantity), in the officials’ voice."),
            ("“May have”, “could”, “reportedly”", "Claim, with certainty hedged."),
            (
                "A prediction with a date or a number",
                "Claim; its verdict waits until it is due. Without either, opinion.",
            ),
            ("“Because of”", "Claim (cause), also where both ends are facts."),
            (
                "“The first”, “the most”, “unprecedented”",
                "Claim (comparison) where something could be measured, else opinion.",
            ),
            (
                "“Why did she betray them?”",
                "The question is opinion; that she betrayed them is a claim of its own.",
            ),
            (
                "Quotation marks without a name",
                "Somebody else’s words all the same: unnamed speaker.",
            ),
        ),
        (
            Example(
                "Aid workers say that 40,000 people crossed the river in a week.",
                (
                    Mark(
                        "40,000 people crossed the river in a week",
                        CLAIM,
                        "A number from people without a name.",
                        UNNAMED,
                    ),
                ),
            ),
            Example(
                "“We will be in the capital by spring,” said Commander Hadi.",
                (
                    Mark(
                        "“We will be in the capital by spring,”",
                        CLAIM,
                        "A prediction that a date will settle, in his voice.",
                        NAMED,
                    ),
                ),
            ),
            Example(
                "The harvest failed because of the new tax.",
                (
                    Mark(
                        "The harvest failed because of the new tax",
                        CLAIM,
                        "That it failed may be a fact; that the tax did it is a cause.",
                    ),
                ),
            ),
            Example(
                "The movement has never disavowed the oath.",
                (
                    Mark(
                        "The movement has never disavowed the oath",
                        CLAIM,
                        "“Never” asks for a search of everything it has said.",
                    ),
                ),
            ),
            Example(
                "The audit found that half of the vaccines had spoiled.",
                (
                    Mark(
                        "half of the vaccines had spoiled",
                        CLAIM,
                        "A document speaks: its voice, to be held against the document.",
                        DOCUMENT,
                    ),
                ),
            ),
            Example(
                "The general seeks to turn the army against the court.",
                (
                    Mark(
                        "The general seeks to turn the army against the court",
                        CLAIM,
                        "A plan. Where nothing in the text documents it, tick “uncertain”.",
                    ),
                ),
            ),
            Example(
                "It may have been the coldest winter since 1963.",
                (
                    Mark(
                        "It may have been the coldest winter since 1963",
                        CLAIM,
                        "Compared and hedged; thermometers would settle it.",
                    ),
                ),
            ),
            Example(
                "Why did the company abandon its workers?",
                (
                    Mark(
                        "Why did the company abandon its workers?",
                        OPINION,
                        "The question expects no answer.",
                    ),
                    Mark(
                        "the company abandon its workers",
                        CLAIM,
                        "What it takes for granted can be checked.",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        OPINION,
        "An evaluation, a demand, a taste, a moral judgement, a question that expects no answer, "
        "a figure of speech used to judge, or a reading that no evidence could settle between "
        "reasonable people.",
        "You cannot name anything that would settle it.",
        (
            ("“Must”, “should”, “it is time to”", "Opinion."),
            (
                "Praise or blame in a quotation",
                "Opinion in the speaker’s voice: counted apart from the author’s.",
            ),
            (
                "“So-called”, and quotation marks that sneer",
                "A mark on the word alone, in the author’s voice. A term of art is not marked.",
            ),
            ("Irony", "Opinion, on what it judges."),
            ("An open question that draws no conclusion", "Not marked."),
            ("Speculation that ends in a conclusion", "Opinion."),
        ),
        (
            Example(
                "The withdrawal was a disgrace.",
                (
                    Mark(
                        "The withdrawal was a disgrace",
                        OPINION,
                        "No record settles disgrace; that there was a withdrawal is not in doubt.",
                    ),
                ),
            ),
            Example(
                "For the insurgents it was “an epic victory”.",
                (
                    Mark(
                        "“an epic victory”",
                        OPINION,
                        "Theirs, not the author’s: unnamed speakers.",
                        UNNAMED,
                    ),
                ),
            ),
            Example(
                "Parliament should reject the so-called reform.",
                (
                    Mark(
                        "Parliament should reject the so-called reform",
                        OPINION,
                        "A demand.",
                    ),
                    Mark("so-called", OPINION, "And a judgement on the word after it."),
                ),
            ),
            Example(
                "Who could have guessed that the money would vanish?",
                (
                    Mark(
                        "Who could have guessed that the money would vanish?",
                        OPINION,
                        "Irony: everybody could.",
                    ),
                    Mark("the money would vanish", CLAIM, "It vanished, or it did not."),
                ),
            ),
            Example(
                "Nobody will ever trust this bank again.",
                (
                    Mark(
                        "Nobody will ever trust this bank again",
                        OPINION,
                        "A prediction without a date or a measure is a way of judging.",
                    ),
                ),
            ),
            Example(
                "“The regime must fall,” the exile Adjei wrote, and it is easy to see why.",
                (
                    Mark("“The regime must fall,”", OPINION, "His demand.", NAMED),
                    Mark("it is easy to see why", OPINION, "And the author takes his side."),
                ),
            ),
        ),
    ),
)
