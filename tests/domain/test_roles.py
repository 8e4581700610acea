import pytest

from annotations.domain.records import Markup
from annotations.domain.roles import Hints, Piece, propose_roles
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag

HEADLINE = "The last ferry leaves without a bell"
FIRST = (
    "The ferry crossed for the last time on Friday 🌊, and nobody on board knew it. The engine"
    " had been repaired twice since spring, and the cafe\u0301 on the quay had closed. שלום,"
    " said the captain, and let go the rope."
)
SECOND = (
    "The council had voted in March to end the service, with seven votes against five. No vote"
    " has been taken since, and the bridge that was promised is still a drawing on a wall."
)
THIRD = (
    "What is lost is not just one crossing. A town that cannot be reached after dark is a smaller"
    " town, whatever the map says, and its young people will count the hours and then the years."
)


def proposed(*parts, hints=None, tags=None, of=None, markup=()):
    """The drafts of blocks with these texts; ``tags`` and ``of`` (hints) by their index."""
    text, pieces = "", []
    for index, part in enumerate(parts):
        text += "\n\n" if text else ""
        pieces.append(
            Piece(
                len(text),
                len(text) + len(part),
                (tags or {}).get(index, BlockTag.PARAGRAPH),
                frozenset((of or {}).get(index, ())),
            )
        )
        text += part
    return propose_roles(text, pieces, markup, hints)


def roles(*parts, **known):
    return [block.role.value for block in proposed(*parts, **known)]


def in_article(*parts, **known):
    """The roles of blocks that stand between paragraphs of an article."""
    found = roles(HEADLINE, FIRST, *parts, SECOND, **known)
    assert found[:2] == ["headline", "body"]
    assert found[-1] == "body"
    return found[2:-1]


def below(*parts, **known):
    """The roles of blocks that stand below an article's last paragraph."""
    found = roles(HEADLINE, FIRST, SECOND, THIRD, *parts, **known)
    assert found[:4] == ["headline", "body", "body", "body"]
    return found[4:]


def above(*parts, **known):
    """The roles of blocks that stand over an article's first paragraph."""
    found = roles(*parts, FIRST, SECOND, **known)
    assert found[-2:] == ["body", "body"]
    return found[:-2]


def test_no_blocks_have_no_roles():
    assert propose_roles("", ()) == ()


def test_a_text_of_one_paragraph_or_of_one_line_is_read():
    assert roles(FIRST) == ["body"]
    assert roles("Hello") == ["body"]
    assert roles("Hello there, all of you") == ["headline"]


def test_the_argument_is_body_to_its_last_sentence():
    assert roles(HEADLINE, FIRST, SECOND, "So be it.", THIRD, "It will not come back.") == [
        "headline", "body", "body", "body", "body", "body",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "paragraph",
    [
        pytest.param("By noon the square was full of people who had come for the bread.", id="by"),
        pytest.param("Von der Brücke sah man bis ans Meer, und niemand sprach.", id="von"),
        pytest.param("Share prices fell by a third in one afternoon, and the bank closed its doors"
                     " to everyone but its own cashiers.", id="share"),
        pytest.param("The newsletter that the club has printed since 1921 was a source for this"
                     " story. Its editor kept every letter, and she kept them in order. Some are"
                     " rude.", id="newsletter"),
        pytest.param("Comments like this one are why the mayor resigned at last.", id="comments"),
        pytest.param("More from the same cloth followed: three laws in as many weeks.", id="more"),
        pytest.param("Photo albums were all that they saved from the flood.", id="photo"),
        pytest.param("A picture of the mayor hung in every school.", id="picture"),
        pytest.param("The mayor is a former professor at the college, and it shows.", id="a post"),
        pytest.param("The attack was first reported by Reuters.", id="an agency"),
        pytest.param("“We are the river,” she said.", id="a quotation"),
        pytest.param("I am not a historian, but I have read them.", id="first person"),
        pytest.param("Read more books, she told them, and they laughed at her for it.", id="read"),
        pytest.param("— No, said the captain.", id="a dash"),
    ],
)  # fmt: skip
def test_a_sentence_of_the_argument_is_body_whatever_words_it_begins_with(paragraph):
    assert in_article(paragraph) == ["body"]
    assert in_article(SECOND.replace("seven", "nine"), paragraph) == ["body", "body"]
    assert roles(HEADLINE, FIRST, SECOND, paragraph)[3] == "body"


def test_three_sentences_inside_an_article_are_its_own_though_they_speak_of_forms():
    line = "Sign up for the newsletter, she said. He did. Then he never read it."
    assert in_article(line) == ["body"]
    assert below(line) == ["boilerplate"]


# --- the top


def test_label_headline_standfirst_byline_date_caption_and_credit_stand_over_the_body():
    assert above(
        "Opinion",
        HEADLINE,
        "A town learns what it is worth when the water is between it and the rest.",
        "By Ada Lovelace",
        "3 May 2021",
        "The ferry on its last day, seen from the quay. Reuters/Ben Okri",
        "Photo: Ben Okri",
    ) == ["section", "headline", "standfirst", "byline", "byline", "caption", "credit"]


def test_a_menu_stands_over_the_section_and_the_masthead_is_no_headline():
    assert above("News", "Culture", "Opinion", HEADLINE) == [
        "boilerplate", "boilerplate", "section", "headline",
    ]  # fmt: skip
    found = roles(
        "The Stell Evening Review", HEADLINE, FIRST, SECOND,
        "The Stell Evening Review is a magazine that its readers own.",
    )  # fmt: skip
    assert found == ["boilerplate", "headline", "body", "body", "site_bio"]
    found = roles(
        "The Stell Review", HEADLINE, FIRST, "© 2024 The Stell Review. All rights reserved."
    )
    assert found == ["boilerplate", "headline", "body", "boilerplate"]


def test_a_sentence_over_the_headline_explains_its_section():
    assert above("Argument", "What our readers think of this week.", HEADLINE) == [
        "section", "section", "headline",
    ]  # fmt: skip


def test_a_date_or_a_byline_may_stand_over_the_headline():
    assert above("3 May 2021", HEADLINE) == ["byline", "headline"]
    assert above("By Ada Lovelace", HEADLINE) == ["byline", "headline"]


def test_the_title_known_from_elsewhere_is_the_headline():
    known = Hints(title="Ferry")
    assert above("Something longer than a label", "Ferry", hints=known) == ["section", "headline"]
    known = Hints(title=f"{HEADLINE} – The Stell Review")
    assert above(HEADLINE, "Some words of three", hints=known)[0] == "headline"


@pytest.mark.parametrize(
    ("line", "role"),
    [
        pytest.param("By , the founder of the ferry line.", "byline", id="a name was lost"),
        pytest.param("Written by Ada Lovelace", "byline", id="written by"),
        pytest.param("Ada Lovelace | 3 May 2021 | The Review", "byline", id="a date between"),
        pytest.param("By", "heading", id="nobody"),
        pytest.param("بقلم: ليلى الشرقاوي", "byline", id="Arabic"),
        pytest.param("Par Ada Lovelace", "byline", id="French"),
        pytest.param("Updated 14 September 2021, 08:00", "byline", id="a date"),
        pytest.param("Share | Tweet | Email", "boilerplate", id="a share bar"),
        pytest.param("Home > News > Ferry", "boilerplate", id="a trail"),
        pytest.param("https://stell.example/ferry", "boilerplate", id="an address"),
        pytest.param("7 min read", "boilerplate", id="reading time"),
        pytest.param("The quay", "heading", id="a heading"),
        pytest.param(HEADLINE, "headline", id="the headline again"),
    ],
)
def test_lines_between_headline_and_body(line, role):
    assert above(HEADLINE, line) == ["headline", role]


def test_bare_names_are_bylines_by_a_date_or_where_their_bio_stands_below():
    assert above(HEADLINE, "Ada Lovelace", "May 2021") == ["headline", "byline", "byline"]
    bio = "Ada Lovelace covers ferries and bridges for the Review."
    assert roles(HEADLINE, "Ada Lovelace", FIRST, SECOND, bio) == [
        "headline", "byline", "body", "body", "author_bio",
    ]  # fmt: skip
    assert above(HEADLINE, "ada lovelace", "May 2021")[1] != "byline"


def test_a_byline_known_from_elsewhere_or_from_its_element_needs_no_by():
    assert above(HEADLINE, "ada l.", hints=Hints(byline="Ada L."))[1] == "byline"
    assert above(HEADLINE, "ada l.", of={1: ["byline"]})[1] == "byline"


def test_a_standfirst_is_known_by_its_element_or_by_the_description():
    first = "A town learns what it is worth when the water lies between it and the rest. So it is."
    assert above(HEADLINE, first, of={1: ["standfirst"]}) == ["headline", "standfirst"]
    assert above(HEADLINE, first, hints=Hints(description=first)) == ["headline", "standfirst"]
    assert above(HEADLINE, first) == ["headline", "body"]
    assert above(HEADLINE, "A very long line without a full stop that goes on below the headline")[
        1
    ] == "standfirst"  # fmt: skip


def test_elements_tell_headlines_labels_and_pictures():
    assert above("Ferry", HEADLINE, tags={0: BlockTag.H1}) == ["headline", "heading"]
    assert above("Ferry", HEADLINE, of={0: ["headline"]}, tags={0: BlockTag.H2})[0] == "headline"
    assert above("Life", "Town", HEADLINE, of={0: ["section"]}) == [
        "section",
        "section",
        "headline",
    ]
    assert above(HEADLINE, "Town", of={1: ["section"]}) == ["headline", "section"]
    assert above(HEADLINE, "The quay at noon.", of={1: ["picture"]}) == ["headline", "caption"]
    assert above(HEADLINE, "The quay at noon, seen from the church tower.", "Photo: Ben Okri") == [
        "headline", "caption", "credit",
    ]  # fmt: skip


def test_alternative_text_printed_over_its_caption_is_credit():
    caption = "The ferry captain Ada Brook holds the rope on the last day of service. EPA via Shutterstock"
    assert above(HEADLINE, "The captain holds the rope.", caption) == [
        "headline", "credit", "caption",
    ]  # fmt: skip
    assert in_article("The captain holds the rope.", caption) == ["credit", "caption"]


def test_longer_sentences_at_the_top_are_told_by_their_element_and_by_the_caption_below():
    line = "The captain Ada Brook holds the rope on the last day of the ferry service."
    assert above(HEADLINE, line, tags={1: BlockTag.H2}) == ["headline", "standfirst"]
    caption = f"{line[:-1]} in May, seen from the quay. EPA via Shutterstock"
    assert above(HEADLINE, line, caption) == ["headline", "credit", "caption"]


def test_a_line_over_the_body_of_a_text_without_headline_is_body():
    assert above("Ferry") == ["headline"] or above("Ferry") == ["body"]
    assert roles("one.", FIRST)[0] in ("body", "standfirst")


# --- inside


def test_a_short_line_between_paragraphs_is_a_heading():
    assert in_article("What the mayor knew") == ["heading"]
    assert in_article("Who pays for it?") == ["heading"]
    assert in_article("Ferry", tags={2: BlockTag.H3}) == ["heading"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("- an item of a list", id="an item"),
        pytest.param("and the river went on", id="a small letter"),
        pytest.param("“We are the river”", id="a quotation"),
        pytest.param("* * *", id="stars"),
        pytest.param("This line has far too many words in it to be anything like a heading at all",
                     id="many words"),
        pytest.param("What was it that the mayor knew on that morning, and whom did the mayor tell"
                     " it?", id="a long question"),
        pytest.param("They said:", id="a colon"),
    ],
)  # fmt: skip
def test_other_lines_between_paragraphs_are_body(line):
    assert in_article(line) == ["body"]


def test_a_line_after_a_colon_or_before_a_line_is_no_heading():
    assert in_article("She had one rule for the ferry, and it was this:", "Never be late") == [
        "body", "body",
    ]  # fmt: skip
    assert in_article("The first line", "the second line") == ["body", "body"]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        pytest.param("A photo of the ferry is seen on the wall of the harbour office.", "caption",
                     id="a picture that is seen"),
        pytest.param("A video still shows the quay before the flood of May 2019.", "caption",
                     id="a still of a date"),
        pytest.param("The captain (left) lets go the rope. (Photo: Ben Okri)", "caption",
                     id="a credit in brackets"),
        pytest.param("Photo: Ben Okri", "credit", id="a credit"),
        pytest.param("Reuters", "credit", id="an agency"),
        pytest.param("© Ben Okri", "credit", id="rights"),
    ],
)  # fmt: skip
def test_captions_and_credits_between_paragraphs(line, role):
    assert in_article(line) == [role]


def test_a_line_touching_its_credit_is_a_caption():
    text = f"{HEADLINE}\n\n{FIRST}\n\nThe quay at noon.\nPhoto: Ben Okri\n\n{SECOND}"
    pieces, at = [], 0
    for line in text.split("\n"):
        if line:
            pieces.append(Piece(at, at + len(line)))
        at += len(line) + 1
    found = [block.role.value for block in propose_roles(text, pieces)]
    assert found == ["headline", "body", "caption", "credit", "body"]
    assert in_article("The quay at noon.", "Photo: Ben Okri") == ["body", "credit"]


def test_figures_and_their_elements():
    assert in_article("The quay", of={2: ["figure"]}) == ["caption"]
    assert in_article("The quay", of={2: ["picture"]}) == ["caption"]
    assert in_article("The quay", of={2: ["caption"]}) == ["caption"]
    assert in_article("Photo: Ben Okri", of={2: ["caption", "figure"]}) == ["credit"]
    assert in_article("Ben Okri", of={2: ["credit"]}) == ["credit"]
    assert in_article(THIRD + THIRD, of={2: ["figure"]}) == ["body"]


def test_a_short_block_that_says_again_what_a_paragraph_says_is_a_pull_quote():
    drafts = proposed(HEADLINE, FIRST, "A town that cannot be reached after dark is a smaller town.",
                      SECOND, THIRD)  # fmt: skip
    assert [draft.role.value for draft in drafts] == [
        "headline", "body", "pull_quote", "body", "body",
    ]  # fmt: skip
    assert (drafts[2].duplicate_of, drafts[2].score) == (4, 100)


def test_the_line_that_names_who_said_a_pull_quote_belongs_to_it():
    said = "“A ferry is a road that happens to float on the water,” says Ada Brook. " + SECOND
    quote = "“A ferry is a road that happens to float on the water”"
    for line in ("Ada Brook, captain", "— the captain"):
        assert roles(HEADLINE, FIRST, said, quote, line, THIRD)[3:5] == ["pull_quote"] * 2
    assert roles(HEADLINE, FIRST, said, quote, "What, when", THIRD)[4] == "heading"
    assert roles(HEADLINE, FIRST, said, quote, "She was right.", THIRD)[4] == "body"
    assert roles(HEADLINE, FIRST, "Words", THIRD, of={2: ["pull_quote"]})[2] == "pull_quote"
    assert roles(HEADLINE, FIRST, "Words", "— hers", THIRD, of={2: ["pull_quote"]})[3] == "body"


def test_a_lead_printed_twice_stays_body_and_repeats_the_second():
    drafts = proposed(HEADLINE, FIRST, "The bridge is a drawing on a wall of the town hall.", FIRST,
                      "The bridge is a drawing on a wall of the town hall.", SECOND)  # fmt: skip
    assert [draft.role.value for draft in drafts] == ["headline"] + ["body"] * 5
    assert [draft.duplicate_of for draft in drafts] == [None, 3, 4, None, None, None]


@pytest.mark.parametrize(
    "line",
    [
        "Read more: The bridge that never came",
        "Lesen Sie auch: Die Brücke, die nie kam",
        "À lire aussi : Le pont qui ne vint jamais",
        "Le puede interesar: El puente que nunca llegó",
        "Leggi anche: Il ponte che non arrivò",
        "Leia também: A ponte que nunca chegou",
        "Lees ook: De brug die nooit kwam",
        "اقرأ أيضاً: الجسر الذي لم يأت",
        "Читайте также: Мост, которого нет",
        "Sign up for our newsletter",
        "Advertisement",
    ],
)
def test_links_and_forms_inside_an_article_are_boilerplate_and_what_follows_is_not(line):
    assert in_article(line, "What the mayor knew", THIRD) == ["boilerplate", "heading", "body"]


def test_a_list_of_teasers_inside_an_article_ends_where_the_article_goes_on():
    assert in_article("Related articles", "The end of bread", "What is a road?")[:2] == [
        "boilerplate", "boilerplate",
    ]  # fmt: skip
    assert in_article("Related articles", "The end of bread", "The mayor knew", tags={4: BlockTag.H2}) == [
        "boilerplate", "boilerplate", "heading",
    ]  # fmt: skip
    assert in_article("Read next", "It was a day in May.", "It rained.", "Nobody came.") == [
        "boilerplate", "body", "body", "body",
    ]  # fmt: skip
    assert in_article("Read next", "It was a day in May.") == ["boilerplate", "body"]


def test_a_link_that_says_read_more_takes_nothing_with_it():
    text = "Read next"
    start = len(HEADLINE) + 2 + len(FIRST) + 2
    link = Markup(start, start + len(text), MarkupTag.LINK, {"href": "https://a.example/"})
    bold = Markup(0, len(HEADLINE), MarkupTag.STRONG)
    code = Markup(0, 3, MarkupTag.CODE)
    assert in_article(text, "What the mayor knew", markup=[link, bold, code]) == [
        "boilerplate", "heading",
    ]  # fmt: skip


# --- the end


def test_bios_forms_and_teasers_below_the_article():
    assert (
        below(
            "• ADA LOVELACE is a Fellow of Stell College and Editor of its journal.",
            "BEN Okri",
            "BEN Okri",
            "I studied law in the city and write about rivers. I have done it for years.",
            "Articles: 212",
            "Leave a reply",
            "Name *",
            "Save my name for the next time.",
            "More from The Stell Review",
            "A baker stands before his shop.",
            "The end of bread",
            "Nobody had warned the baker.",
        )
        == ["author_bio"] + ["site_bio"] * 3 + ["boilerplate"] * 8
    )


@pytest.mark.parametrize(
    ("line", "role"),
    [
        pytest.param("Ada Lovelace ist Redakteurin der Zeitung und Autorin eines Buches über Flüsse,"
                     " zuletzt erschien „Ufer“.", "author_bio", id="German"),
        pytest.param("Ada Lovelace est journaliste à l'université de Stell et son dernier livre"
                     " parle des fleuves.", "author_bio", id="French"),
        pytest.param("Ada Lovelace es periodista en la Universidad de Stell.", "author_bio",
                     id="Spanish"),
        pytest.param("Ada Lovelace is a mother of two.", "body", id="no post"),
        pytest.param("Ada Lovelace is a professor.", "body", id="a post and nothing else"),
        pytest.param("ada lovelace is a professor at the university.", "body", id="small letters"),
        pytest.param("•", "body", id="a bullet alone"),
        pytest.param("The end", "body", id="a last line"),
        pytest.param("About the author", "author_bio", id="a heading for nobody"),
        pytest.param("About us", "boilerplate", id="a link to what is said elsewhere"),
        pytest.param("Tags: ferries, towns", "boilerplate", id="tags"),
        pytest.param("Subscribe now", "boilerplate", id="a subscription"),
        pytest.param("Diesen Artikel teilen", "body", id="a word that no share bar has"),
    ],
)  # fmt: skip
def test_lines_below_the_article(line, role):
    assert below(line) == [role]


def test_the_author_named_above_is_known_below():
    found = roles(HEADLINE, "By Ada Lovelace and Ben Okri", FIRST, SECOND, THIRD,
                  "Ben Okri, born in 1981, has crossed the river for the Review since 2009.")  # fmt: skip
    assert found[-1] == "author_bio"
    assert below("Cleo Ray likes ferries.", hints=Hints(byline="Cleo Ray")) == ["author_bio"]


def test_headings_over_bios_take_their_sentences():
    assert below("About the author", "She has crossed the river a thousand times and still does.") == [
        "author_bio", "author_bio",
    ]  # fmt: skip
    assert below("About us", "We print on Fridays, and our readers own the press.", "Impressum") == [
        "site_bio", "site_bio", "boilerplate",
    ]  # fmt: skip


def test_a_name_over_its_bio_belongs_to_it():
    bio = "Ada Lovelace is a professor at the University of Stell."
    assert below("Ada Lovelace", bio) == ["author_bio", "author_bio"]
    assert below("What happens next", bio) == ["body", "author_bio"]


def test_the_page_known_from_elsewhere_tells_of_itself_below():
    about = "The Stell Review is an independent magazine, printed on Fridays since 1902."
    assert below(about, hints=Hints(site="Stell Review")) == ["site_bio"]
    assert below(about, hints=Hints(site="Stell Review"), of={4: ["boilerplate", "footer"]}) == [
        "site_bio"
    ]
    assert below(about) == ["body"]


def test_a_readers_discussion_closes_the_page_when_the_article_stands_above_it():
    assert below("3 Comments", "Ben", FIRST.replace("Friday", "Monday")) == ["boilerplate"] * 3
    bio = "Ada Lovelace is a professor at the University of Stell."
    assert below("Leave a reply", "Name", bio) == ["boilerplate", "boilerplate", "author_bio"]
    found = roles(HEADLINE, FIRST, "Comments", SECOND, THIRD, SECOND.replace("seven", "nine"))
    assert found[-1] == "body"


def test_links_in_a_row_below_an_article_are_boilerplate():
    lines = ["The end of bread", "What is a road"]
    start = sum(len(part) + 2 for part in (HEADLINE, FIRST, SECOND, THIRD))
    links = []
    for line in lines:
        links.append(
            Markup(start, start + len(line), MarkupTag.LINK, {"href": "https://a.example"})
        )
        start += len(line) + 2
    assert below(*lines, markup=links) == ["boilerplate", "boilerplate"]
    aside = {4: ["aside"], 5: ["aside"]}
    assert below(*lines, markup=links, of=aside) == ["boilerplate", "boilerplate"]


def test_elements_tell_forms_and_bios():
    assert below("Whatever it says", of={4: ["boilerplate"]}) == ["boilerplate"]
    assert below("Whatever it says", of={4: ["author_bio"]}) == ["author_bio"]
    assert below("Ada Lovelace is a professor.", of={4: ["aside"]}) == ["author_bio"]


@pytest.mark.parametrize(
    "line",
    [
        "Your email address is not published",
        "Ihre E-Mail-Adresse wird nicht veröffentlicht.",
        "Votre adresse e-mail ne sera pas publiée.",
        "Tu dirección de correo electrónico no será publicada.",
        "Il tuo indirizzo email non sarà pubblicato.",
        "O seu endereço de email não será publicado.",
        "Je e-mailadres wordt niet gepubliceerd.",
        "لن يتم نشر عنوان بريدك الإلكتروني.",
        "Abonnieren Sie unseren Newsletter",
        "Inscrivez-vous à la lettre du matin",
        "Suscríbete al boletín de la semana",
        "Iscriviti alla nostra newsletter",
        "Receba as notícias no seu e-mail",
        "Schrijf je in voor de nieuwsbrief",
        "اشترك في النشرة البريدية",
        "We use cookies to make this site better.",
        "Logged in as ada",
        "Teilen Drucken Merken",
        "Partager sur Facebook",
        "Compartir",
        "© 2024 The Review",
        "1.204 Artikel",
    ],
)
def test_forms_of_many_languages_are_boilerplate(line):
    assert below(line) == ["boilerplate"]
    assert in_article(line) == ["boilerplate"]


@pytest.mark.parametrize(
    "line",
    [
        "More from The Review", "Mehr zum Thema", "Sur le même sujet", "Más noticias",
        "Leggi anche", "Leia também", "Lees ook", "اقرأ أيضاً", "Meistgelesen", "You may also like",
    ],
)  # fmt: skip
def test_headings_over_teasers_of_many_languages_take_them_along(line):
    teasers = ("The end of bread", "Nobody had warned him.", "What is a road", "It is not far.")
    assert below(line, *teasers) == ["boilerplate"] * 5


def test_one_title_under_a_heading_over_teasers_takes_no_last_line_of_the_article_along():
    assert below("Read next", "The end of bread", "It will not come back.") == [
        "boilerplate", "boilerplate", "body",
    ]  # fmt: skip
    assert (
        below("Leave a reply", "Read next", "The end of bread", "Nobody had warned him.")
        == ["boilerplate"] * 4
    )


def test_every_role_is_one_of_the_vocabulary():
    assert {draft.role for draft in proposed(HEADLINE, FIRST)} <= set(BlockRole)
