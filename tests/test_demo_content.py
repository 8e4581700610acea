"""The demo's content fits together before any builder replays it."""

import datetime
import re
from collections import Counter

import pytest

from annotations.domain import vocabulary as words
from annotations.management.commands import _demo_content as demo

ARTICLES = {article.key: article for article in demo.ARTICLES}
STEPS = [(sitting, step) for sitting in demo.SITTINGS for step in sitting.steps]


def steps(kind):
    return [step for _, step in STEPS if isinstance(step, kind)]


MARKS = {mark.key: mark for mark in steps(demo.Mark)}
ASSERTIONS = {step.key: step for step in steps(demo.Assert)}
CITATIONS = {step.key: step for step in steps(demo.Cite)}
SOURCES = {source.key: source for source in demo.SOURCES}


def stretch(article, quote, nth=1):
    """Return (start, end) of the ``nth`` occurrence of ``quote``, counted in code points."""
    starts = [found.start() for found in re.finditer(re.escape(quote), article.text)]
    assert len(starts) >= nth, f"{article.key}: {quote!r} occurs {len(starts)} times"
    return starts[nth - 1], starts[nth - 1] + len(quote)


def spans():
    """Yield (article, quote, nth) of every span and of every later change of its boundaries."""
    for mark in MARKS.values():
        yield ARTICLES[mark.article], mark.quote, mark.nth
    for step in steps(demo.Change) + steps(demo.Propose):
        if "quote" in step.fields:
            article = ARTICLES[MARKS[step.span].article]
            yield article, step.fields["quote"], step.fields.get("nth", 1)


def final(key):
    """Return a span's label after every change and every proposal taken."""
    label = MARKS[key].label
    taken = {step.span for step in steps(demo.Take)}
    for step in steps(demo.Change):
        if step.span == key:
            label = step.fields.get("label", label)
    for step in steps(demo.Propose):
        if step.span == key and key in taken:
            label = step.fields.get("label", label)
    return label


def live(article):
    withdrawn = {step.span for step in steps(demo.Withdraw)}
    return [key for key, mark in MARKS.items() if mark.article == article and key not in withdrawn]


def assertion_of(span):
    joined = {step.span: step.assertion for step in steps(demo.Join)}
    made = {step.span: step.key for step in ASSERTIONS.values()}
    return joined.get(span, made.get(span))


def test_every_span_is_found_in_its_article_and_in_a_block_that_is_counted():
    for article, quote, nth in spans():
        start, end = stretch(article, quote, nth)
        assert quote == quote.strip(), quote
        holding = [
            block
            for index, block in enumerate(article.blocks)
            if article.offset(index) <= start < article.offset(index) + len(block.text)
        ]
        assert [block.role in words.COUNTED_ROLES for block in holding] == [True], quote
        assert end <= len(article.text)


def test_no_span_ends_in_a_full_stop_or_begins_inside_a_word():
    for article, quote, nth in spans():
        start, end = stretch(article, quote, nth)
        assert not quote.endswith("."), quote
        assert not (start and article.text[start - 1].isalnum() and quote[0].isalnum()), quote
        after = article.text[end : end + 1]
        assert not (after.isalnum() and quote[-1].isalnum()), quote


def test_blocks_carry_known_roles_and_tags_and_repeat_what_they_say_they_repeat():
    for article in demo.ARTICLES:
        for block in article.blocks:
            assert block.role in words.BlockRole.values, block
            assert block.tag in words.BlockTag.values, block
            if block.repeats is not None:
                original = article.blocks[block.repeats]
                assert original.role == words.BlockRole.BODY
                assert block.text in original.text
        for markup in article.markup:
            assert markup.tag in words.MarkupTag.values
            assert markup.quote in article.blocks[markup.block].text


@pytest.mark.parametrize("article", demo.ARTICLES, ids=lambda article: article.key)
def test_an_article_has_one_headline_that_is_its_title(article):
    headlines = [block.text for block in article.blocks if block.role == "headline"]

    assert headlines == [article.title]


def test_every_value_stands_in_the_closed_lists():
    for mark in MARKS.values():
        assert mark.voice in words.Voice.values, mark.key
        assert mark.quote_kind in words.QuoteKind.values, mark.key
        assert mark.claim_kind in {"", *words.ClaimKind.values}, mark.key
        assert mark.certainty in words.Certainty.values, mark.key
        assert mark.check_worthiness in {None, 0, 1, 2, 3}, mark.key
    for source in demo.SOURCES:
        assert source.kind in words.SourceKind.values, source.key
        assert source.level in words.SourceLevel.values, source.key
        assert source.access in words.Access.values, source.key
        assert (source.access == words.Access.OPEN) == bool(source.url), source.key
        assert not (source.kind in words.KINDS_WITHOUT_URL and source.url), source.key
        assert bool(source.details) == (source.access == words.Access.CONFIDENTIAL), source.key
    assert {step.stance for step in steps(demo.Cite)} == set(words.Stance.values)
    assert {step.verdict for step in steps(demo.Judge)} == set(words.Verdict.values)
    assert {step.reason for step in steps(demo.Return)} == set(words.ReturnReason.values)
    assert {step.relation for step in steps(demo.Relate)} == set(words.Relation.values)
    assert {step.state for step in steps(demo.Work)} <= set(words.WorkState.values)
    assert {step.kind for step in steps(demo.Log)} == set(words.LogKind.values)
    assert {step.blocker for step in steps(demo.Waive)} <= set(demo.BLOCKERS)
    assert {label.kind for label in demo.LABELS} <= set(words.LabelKind.values)
    assert {person.role for person in demo.PEOPLE} <= set(words.Role.values)
    assert demo.PROJECT.preset in words.Preset.values


def test_speakers_are_known_used_and_given_only_to_voices_that_have_one():
    known = {speaker.key for speaker in demo.SPEAKERS}
    used = set()
    for mark in MARKS.values():
        assert bool(mark.speaker) == (mark.voice in {"named", "document"}), mark.key
        used.add(mark.speaker)
    used |= {step.fields.get("speaker", "") for step in steps(demo.Change)}
    used |= {step.speaker for step in ASSERTIONS.values()}

    assert used - {""} == known


def test_each_key_is_made_once_and_before_it_is_used():
    made = {"person": {person.key for person in demo.PEOPLE}}
    made |= {kind: set() for kind in ("article", "span", "assertion", "citation", "source")}
    made["comment"] = set()

    def make(kind, key):
        assert key not in made[kind], f"{kind} {key} is made twice"
        made[kind].add(key)

    def use(kind, *keys):
        assert set(keys) <= made[kind], f"{kind} {set(keys) - made[kind]} is used too early"

    for sitting, step in STEPS:
        use("person", sitting.by)
        match step:
            case demo.Import(article):
                make("article", article)
            case demo.Mark(key=key, article=article):
                use("article", article)
                make("span", key)
            case demo.AddSource(source):
                assert source in SOURCES
                make("source", source)
            case demo.Assert(key=key, span=span):
                use("span", span)
                make("assertion", key)
            case demo.Cite(key=key, assertion=assertion, source=source):
                use("assertion", assertion)
                use("source", source)
                make("citation", key)
            case demo.Say(key=key, span=span):
                use("span", span)
                make("comment", key)
            case demo.Ask(article=article, person=person):
                use("article", article)
                use("person", person)
            case demo.Relate(one=one, other=other):
                use("assertion", one, other)
            case demo.Join(span=span, assertion=assertion):
                use("span", span)
                use("assertion", assertion)
            case demo.Confirm(citations=citations):
                use("citation", *citations)
            case demo.Accept(spans=spans):
                use("span", *spans)
            case demo.Settle(comment=comment):
                use("comment", comment)
            case demo.Work(assertion=a) | demo.Log(assertion=a) | demo.Judge(assertion=a):
                use("assertion", a)
            case demo.Waive(article=article, span=span):
                use("article", article)
                use("span", span)
            case demo.Read(article=article) | demo.SignOff(article=article):
                use("article", article)
            case _:
                use("span", step.span)

    assert made["article"] == set(ARTICLES)
    assert made["source"] == set(SOURCES)


def test_the_sittings_follow_one_another_on_working_days_of_two_months():
    times = [datetime.datetime.fromisoformat(sitting.at) for sitting in demo.SITTINGS]

    assert times == sorted(times)
    assert all(time.weekday() < 5 for time in times)
    assert {(time.year, time.month) for time in times} == {(2026, 10), (2026, 11)}
    for earlier, later in zip(demo.SITTINGS, demo.SITTINGS[1:], strict=False):
        gap = datetime.datetime.fromisoformat(later.at) - datetime.datetime.fromisoformat(
            earlier.at
        )
        assert gap > datetime.timedelta(minutes=len(earlier.steps)), later.at


def test_nobody_reads_or_confirms_what_he_wrote():
    wrote = {}
    cited = {}
    for sitting, step in STEPS:
        by = sitting.by
        match step:
            case demo.Mark(key=key):
                wrote[key] = {by}
            case demo.Change(span=span) | demo.Take(span=span):
                wrote[span].add(by)
            case demo.Cite(key=key, assertion=assertion):
                cited[key] = by
                wrote.setdefault(assertion, set()).add(by)
            case demo.Judge(assertion=assertion):
                wrote.setdefault(assertion, set()).add(by)
            case demo.Confirm(citations=citations):
                assert by not in {cited[key] for key in citations}, citations
            case demo.Accept(spans=spans):
                for span in spans:
                    authors = wrote[span] | wrote.get(assertion_of(span), set())
                    assert by not in authors, span
            case demo.Return(span=span) | demo.Propose(span=span):
                assert by not in wrote[span], span


@pytest.mark.parametrize("article", ["oath", "victory"])
def test_a_signed_article_had_nothing_left_that_blocks(article):
    signing = next(
        place
        for place, (_, step) in enumerate(STEPS)
        if isinstance(step, demo.SignOff) and step.article == article
    )
    before = [step for _, step in STEPS[:signing]]
    accepted = {span for step in before if isinstance(step, demo.Accept) for span in step.spans}
    confirmed = {
        CITATIONS[key].assertion
        for step in before
        if isinstance(step, demo.Confirm)
        for key in step.citations
    }
    settled = {step.assertion for step in before if isinstance(step, demo.Judge)}
    settled |= {
        step.assertion
        for step in before
        if isinstance(step, demo.Work) and step.state == words.WorkState.NOT_DUE
    }
    waived = {(step.blocker, step.span) for step in before if isinstance(step, demo.Waive)}
    closed = {step.comment for step in before if isinstance(step, demo.Settle)}

    assert set(live(article)) == accepted & set(live(article))
    for span in live(article):
        if final(span) == "C":
            assert assertion_of(span) in confirmed or ("source", span) in waived, span
            assert assertion_of(span) in settled, span
    said = [
        step
        for step in before
        if isinstance(step, demo.Say) and MARKS[step.span].article == article and not step.answers
    ]
    assert {step.key for step in said} <= closed
    assert any(isinstance(step, demo.Read) and step.article == article for step in before)


def test_the_oath_changes_after_its_signature_and_the_victory_does_not():
    def changed_after_signing(article):
        own = {assertion_of(span) for span in live(article)} - {None}
        signed = False
        touched = []
        for _, step in STEPS:
            match step:
                case demo.SignOff(article=name) if name == article:
                    signed = True
                case demo.Cite(assertion=a) | demo.Judge(assertion=a) | demo.Work(assertion=a):
                    touched += [step] if signed and a in own else []
                case demo.Relate(one=a):
                    touched += [step] if signed and a in own else []
        return touched

    assert changed_after_signing("oath")
    assert changed_after_signing("victory") == []


def test_only_due_dates_in_the_future_are_not_due():
    for sitting, step in STEPS:
        if isinstance(step, demo.Work):
            assert bool(step.due) == (step.state == words.WorkState.NOT_DUE), step
            assert not step.due or step.due > sitting.at[:10], step


def test_of_the_two_essays_at_most_three_words_are_quoted():
    for citation in CITATIONS.values():
        if citation.source in {"bunzel", "katz"}:
            assert len(citation.quotation.split()) <= 3, citation.key
    assert {"bunzel", "katz"} <= set(SOURCES)


def test_the_demo_is_as_large_and_as_mixed_as_a_desk_needs():
    kinds = Counter(mark.label for mark in MARKS.values())
    shared = {
        step.assertion
        for step in steps(demo.Join)
        if MARKS[step.span].article != MARKS[ASSERTIONS[step.assertion].span].article
    }

    assert 80 <= len(MARKS) <= 120
    assert min(kinds.values()) >= 25
    assert len({sitting.by for sitting in demo.SITTINGS}) == 3
    assert len(shared) >= 3
    assert ("oath_2001", "contradicts", "oath_1990s") in {
        (step.one, step.relation, step.other) for step in steps(demo.Relate)
    }
    assert {mark.voice for mark in MARKS.values()} == set(words.Voice.values)


def test_the_short_article_holds_the_difficult_characters_it_speaks_of():
    text = ARTICLES["names"].text

    family, dragon, combined = "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "Cafe\u0301"
    assert all(part in text for part in (family, dragon, combined, "أيمن", "עולם", "喀布尔"))
    assert (len(family), len(dragon), len("🇦🇫"), len("👍🏽"), len(combined)) == (7, 7, 2, 2, 5)
    assert "29\u00a0February" in text
    assert text.count("\u00ad") == 4
    assert len("𝔗𝔥𝔦𝔰".encode()) == len("𝔗𝔥𝔦𝔰".encode("utf-16-le")) == 16
