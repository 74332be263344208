"""What an article is about, by Media Topics: the branch first, then what is narrower; nothing for what is no news."""

import numpy as np
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pipeline import seeds
from pipeline.layers import Topic
from pipeline.model import Annotation
from pipeline.steps import Reading
from pipeline.steps import topics as topics_module
from pipeline.steps.topics import EXAMPLES, LANGUAGES, NO_NEWS, VECTORS, VOCABULARY, topics, vocabulary
from tests.documents_made_up import document
from tests.steps.reading import PARSER


def found(title: str, text: str = "", language: str = "en") -> list[Topic]:
    made = replace(document(text=text, layers={}), title=title, language=language)
    return [Topic(**topic) for topic in topics.annotate(Reading(made, PARSER)).value]


@pytest.mark.parametrize(
    ("title", "lead", "branch"),
    [
        ("Goalless draw keeps Solvik top of the league", "Keeper Ante Brusk saved a penalty late on.", "sport"),
        (
            "Court jails pair for bank raid",
            "The judge said the robbers had shown no remorse.",
            "crime, law and justice",
        ),
        ("Norden central bank lifts rates again", "Shares fell and bond yields rose.", "economy, business and finance"),
        ("Premier loses confidence vote", "Parliament will elect a new government.", "politics and government"),
        ("New jab shields infants from lung virus", "Doctors tested it on 900 babies in hospital.", "health"),
        ("Quake flattens hill towns", "Rescuers dig for survivors.", "disaster, accident and emergency incident"),
        ("Ferry crews walk out over pay", "The seafarers' union rejected the employers' offer.", "labour"),
        ("Army shells rebel town", "Militants fled after a night of air raids.", "conflict, war and peace"),
        ("Bishops debate celibacy of priests", "The synod prayed before it voted.", "religion"),
        ("Storm warning for the northern coast", "Gales and heavy snow are forecast.", "weather"),
        ("Rare lynx returns to the pine forest", "Conservationists set up a reserve.", "environment"),
        ("Pupils to learn coding from age six", "Teachers want smaller classes.", "education"),
        ("Soprano Ilse Varga to sing Tosca", "The opera opens the festival.", "arts, culture, entertainment and media"),
    ],
)
def test_topics_name_the_branch_first(title: str, lead: str, branch: str) -> None:
    assert found(title, lead)[0].name == branch


@pytest.mark.parametrize(
    ("language", "title", "branch"),
    [
        ("de", "Stürmer schießt drei Tore im Pokalfinale gegen den Tabellenführer", "sport"),
        ("fr", "Le gouvernement perd la majorité après les élections législatives", "politics and government"),
        ("es", "El banco central sube los tipos de interés para frenar la inflación", "economy, business and finance"),
        ("ru", "Суд приговорил двух грабителей банка к десяти годам тюрьмы", "crime, law and justice"),
    ],
)
def test_topics_are_the_same_in_other_languages(language: str, title: str, branch: str) -> None:
    assert found(title, language=language)[0].name == branch


def test_topics_get_narrower_below_the_branch() -> None:
    sport, *narrower = found("Rugby union side wins scrum battle", "The prop scored a try as the pack pushed hard.")
    mine = [topic for topic in narrower if sport.id in topic.ancestors]
    assert any("rugby" in topic.name for topic in mine)
    assert all(topic.score <= sport.score for topic in mine)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", ""),
        ("", " \n "),
        ("", "We and our partners store cookies. Accept all or manage your choices."),
        ("Log in", "Forgot your password? Create an account to subscribe. Cancel any time."),
    ],
)
def test_topics_are_none_for_what_is_no_news(title: str, text: str) -> None:
    assert found(title, text) == []


@pytest.mark.parametrize("text", ["a" * 5_000, "\u0000\ufffd🙂" * 40, "選挙" * 2_000, "x\n" * 3_000])
def test_topics_read_whatever_comes(text: str) -> None:
    made = found("?", text)
    assert len(made) <= 5
    assert [topic.score for topic in made] == sorted((topic.score for topic in made), reverse=True)


def test_topics_do_not_guess_at_a_language_that_the_encoder_has_not_learned() -> None:
    made = replace(document(text="Habari za leo.", layers={}), language="sw")
    assert topics.annotate(Reading(made, PARSER)).unsupported == "sw"
    assert (
        topics.annotate(
            Reading(document(layers={"language": Annotation(version=1, value={"code": "de"})}), PARSER)
        ).value
        is not UNSET
    )
    assert "en" in LANGUAGES


def test_topics_vocabulary_is_a_tree_with_a_vector_each() -> None:
    known = vocabulary()
    rows = seeds.rows(VOCABULARY)
    ids = {topic for topic, *_ in rows}
    assert len(ids) == len(rows) == len(known.vectors)
    assert all(parent in ids for _, parent, *_ in rows if parent)
    assert np.allclose(np.linalg.norm(known.vectors, axis=1), 1, atol=0.01)
    assert {topic for topic, _ in seeds.rows(EXAMPLES)} <= {*known.branches, NO_NEWS}


def test_topics_say_when_the_vectors_are_of_other_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics_module, "MODEL", "another encoder")
    with pytest.raises(ValueError, match=rf"{VECTORS} is not made of this .*run seeds/build/topics.py"):
        vocabulary.__wrapped__()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("by-election", "The vote in the election was close.", False),
        ("by-election", "The by-elections were close.", True),
        ("government budget", "Governments published their budgets.", True),
        ("minister or secretary (government)", "A secretary resigned.", True),
        ("Australian rules football", "The football club won.", False),
    ],
)
def test_topics_are_narrower_only_where_the_text_has_their_words(name: str, text: str, says: bool) -> None:
    assert topics_module.says(topics_module.stems(text), name) is says
