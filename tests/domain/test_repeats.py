import random

import pytest

from annotations.domain.repeats import Repeat, find_repeats, place_in_original
from annotations.domain.roles import Piece
from annotations.domain.vocabulary import BlockRole

RIVER = "The river rose by four metres in one night, and nobody in the lower town slept."
LONG = (
    "Nobody had warned the baker. The river rose by four metres in one night, and nobody in the"
    " lower town slept. At six he opened all the same 🌊."
)
MILL = "The old mill on the far bank has stood empty since the war ended."
CAFE = "Le cafe\u0301 du port a ferme\u0301 ses portes apre\u0300s cent ans de service."


def laid_out(*parts):
    """A text of these blocks, with their pieces."""
    text, pieces = "", []
    for part in parts:
        text += "\n\n" if text else ""
        pieces.append(Piece(len(text), len(text) + len(part)))
        text += part
    return text, pieces


def originals(*parts, roles=None):
    return [repeat and repeat.original for repeat in find_repeats(*laid_out(*parts), roles)]


def test_no_blocks_have_no_repeats():
    assert find_repeats("", []) == []


def test_a_sentence_pulled_out_of_a_paragraph_repeats_it_wherever_it_stands():
    assert originals(MILL, LONG, RIVER) == [None, None, 1]
    assert originals(MILL, RIVER, LONG) == [None, 2, None]


def test_an_exact_repeat_scores_a_hundred_and_a_near_one_less():
    near = RIVER.replace("nobody in", "no one in")

    repeats = find_repeats(*laid_out(LONG, RIVER, near))

    assert repeats[1] == Repeat(0, 100)
    assert repeats[2].original == 0
    assert 80 <= repeats[2].score < 100


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(RIVER.upper(), id="case"),
        pytest.param(f"“{RIVER}”", id="quotation marks"),
        pytest.param(RIVER.replace(" ", "\xa0"), id="no-break blanks"),
        pytest.param(RIVER.replace(",", " –"), id="dashes"),
    ],
)
def test_repeats_are_found_folded(said):
    assert originals(LONG, MILL, said) == [None, None, 0]


def test_accents_made_of_two_code_points_and_apostrophes_left_out_do_not_hide_a_repeat():
    whole = f"{CAFE} Il e\u0301tait une fois un autre monde."
    assert originals(
        whole, MILL, "Le café du port a fermé ses portes après cent ans de service."
    ) == [
        None,
        None,
        0,
    ]
    assert originals(
        "It was the mayor's last word on the town's only bridge. Then he left.",
        MILL,
        "It was the mayors last word on the towns only bridge.",
    ) == [None, None, 0]


def test_scripts_without_blanks_and_right_to_left_ones_are_compared_too():
    chinese = "河水一夜之间上涨了四米，下城的居民彻夜未眠。"
    hebrew = "הנהר עלה בארבעה מטרים בלילה אחד ואיש לא ישן בעיר התחתונה."
    assert originals(chinese + "面包师六点照常开门。", MILL, chinese) == [None, None, 0]
    assert originals(f"{hebrew} האופה פתח בשש בכל זאת.", MILL, hebrew) == [None, None, 0]


def test_a_lead_printed_above_the_body_repeats_the_body():
    assert originals(RIVER, MILL, RIVER, MILL, "Then the water fell again by noon.") == [
        2,
        3,
        None,
        None,
        None,
    ]


def test_a_paragraph_printed_twice_in_a_row_is_original_where_it_stands_first():
    assert originals(MILL, RIVER, RIVER, "Then the water fell again by noon.") == [
        None,
        None,
        1,
        None,
    ]
    assert originals(RIVER, RIVER, MILL) == [None, 0, None]


def test_a_paragraph_repeated_further_down_repeats_the_earlier_one():
    assert originals(MILL, RIVER, "Then the water fell again by noon.", RIVER) == [
        None,
        None,
        None,
        1,
    ]


def test_repeats_of_repeats_point_at_the_one_original():
    found = originals(RIVER, MILL, RIVER, LONG, "Then the water fell again by noon.", RIVER)
    assert found[0] == found[2] == found[5] == 3
    assert found[3] is None


def test_the_original_of_a_teaser_is_the_body():
    roles = [BlockRole.BOILERPLATE, BlockRole.BODY, BlockRole.BODY]
    assert originals(RIVER, MILL, RIVER, roles=roles) == [2, None, None]


def test_the_body_never_repeats_what_is_not_body():
    roles = [BlockRole.BODY, BlockRole.BODY, BlockRole.BOILERPLATE]
    assert originals(MILL, RIVER, LONG, roles=roles) == [None, None, None]


def test_boilerplate_repeats_boilerplate_only_as_a_whole():
    roles = [BlockRole.BOILERPLATE] * 4
    blocks = ("Join us today", "Join us today and save money", MILL, "Join us today")
    assert originals(*blocks, roles=roles) == [None, None, None, 0]


def test_titles_are_content_of_their_own_and_repeat_only_each_other():
    title = "Nobody in the lower town slept"
    roles = [BlockRole.HEADLINE, BlockRole.BODY]
    assert originals(title, LONG, roles=roles) == [None, None]
    roles = [BlockRole.HEADLINE, BlockRole.HEADLINE, BlockRole.BODY]
    assert originals(title, title, LONG, roles=roles) == [None, 0, None]


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param(("No, sir.", MILL, "No, sir."), id="answers"),
        pytest.param(("We shall go on.", MILL, "We shall go on."), id="refrains"),
        pytest.param(
            ("The river rose by two metres in May.", MILL, "The river fell by two metres in June."),
            id="short and only alike",
        ),
        pytest.param(("!!! 🌊", MILL, "!!! 🌊"), id="without words"),
    ],
)
def test_what_a_text_says_twice_on_purpose_is_no_repeat(blocks):
    assert originals(*blocks) == [None, None, None]


def test_paragraphs_on_the_same_matter_are_no_repeats():
    assert originals(
        "The council voted on Monday to close the bridge for lorries until the spring.",
        "The council voted on Tuesday to open the harbour for yachts from the summer on.",
        "A year later the council had changed its mind about lorries, yachts and bridges alike.",
    ) == [None, None, None]


def test_each_repeat_names_an_original_that_is_none():
    chance = random.Random(7)
    sentences = [
        " ".join(
            chance.choices(
                ["sea", "tide", "salt", "wind", "sail", "rope", "mast", "keel", "deck", "hull"], k=9
            )
        )
        + "."
        for _ in range(25)
    ]
    for _ in range(60):
        blocks = [
            " ".join(chance.sample(sentences, chance.randint(1, 3)))
            for _ in range(chance.randint(2, 14))
        ]
        repeats = find_repeats(*laid_out(*blocks))
        for index, repeat in enumerate(repeats):
            if repeat:
                assert repeat.original != index
                assert repeats[repeat.original] is None
                assert 80 <= repeat.score <= 100


def test_a_line_repeated_ten_thousand_times_is_compared_once():
    line = "The same sentence stands here again and again."
    found = originals(*[line] * 10_000)
    assert found.count(None) == 1


def test_a_phrase_that_stands_everywhere_finds_nothing_by_itself():
    blocks = [
        f"On the other hand of the clock stood {word} and waited for its hour to come."
        for word in [
            "bread",
            "salt",
            "rope",
            "wind",
            "sail",
            "tide",
            "mast",
            "deck",
            "hull",
            "keel",
        ]
        for _ in range(3)
    ]
    found = originals(
        *dict.fromkeys(blocks), *[f"On the other hand {n} ships came in." for n in range(30)]
    )
    assert len(found) == 40
    assert found[10:] == [None] * 30


REPEAT = "“The river rose; the river fell”, café 🌊 owners said. "
BODY = 'Nobody knew. "The river rose; the river fell", cafe\u0301 🌊 owners said. שלום. '


@pytest.mark.parametrize(
    ("words", "nth", "expected"),
    [
        ("café 🌊 owners", 0, "cafe\u0301 🌊 owners"),
        ("The river rose", 0, "The river rose"),
        # The second "the river" of the repeat, and not the first of the original.
        ("the river", 1, "the river"),
        ("the mayor", 0, None),
    ],
)
def test_words_of_a_repeat_are_found_in_its_original(words, nth, expected):
    repeat = REPEAT if words in REPEAT else REPEAT + words
    text = repeat + BODY
    at = [n for n in range(len(repeat)) if repeat[n:].lower().startswith(words.lower())][nth]

    place = place_in_original(
        text, (0, len(repeat)), (len(repeat), len(text)), (at, at + len(words))
    )

    assert (place and text[slice(*place)]) == expected
    if nth:
        assert place[0] == len(repeat) + BODY.index("the river fell")
