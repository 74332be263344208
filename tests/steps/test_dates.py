"""Dates are resolved against the day of publication, in four languages; what cannot be told is left out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.model import Annotation
from pipeline.parse import Parser
from pipeline.steps import Reading
from pipeline.steps.dates import dates
from tests.documents_made_up import document

WEDNESDAY = datetime(2026, 11, 18, 9, tzinfo=UTC)


def read(text: str, language: str = "en", published: datetime | None = WEDNESDAY) -> list[dict[str, Any]]:
    made = replace(
        document(text=text, layers={"language": Annotation(version=1, value={"code": language, "score": 1.0})}),
        published_at=published,
    )
    return dates.run(Reading(made, Parser()))  # type: ignore[no-any-return]


def told(text: str, language: str = "en") -> list[str]:
    """What each date says: its words, then the day, or the first and the last one."""
    return [f"{d['text']}: {d['date'] or d['from'] + ' ' + d['to']}" for d in read(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crews voted on Tuesday.", ["Tuesday: 2026-11-17"]),
        ("Crews voted Wednesday.", ["Wednesday: 2026-11-18"]),
        ("Crews will vote on Tuesday.", ["Tuesday: 2026-11-24"]),
        ("The union said on Monday that crews will strike on Friday.", ["Monday: 2026-11-16", "Friday: 2026-11-20"]),
        ("On Friday, crews will vote.", ["Friday: 2026-11-20"]),
        ("Last Wednesday it rained; next Monday not.", ["Last Wednesday: 2026-11-11", "next Monday: 2026-11-23"]),
        ("It closed on 23 October.", ["23 October: 2026-10-23"]),
        ("It will close on Nov. 23.", ["Nov. 23: 2026-11-23"]),
        ("Nov. 3, 2024 was wet.", ["Nov. 3, 2024: 2024-11-03"]),
        ("On Tuesday, 3rd of November it rained.", ["Tuesday, 3rd of November: 2026-11-03"]),
        ("Filed 2026-10-05 at noon.", ["2026-10-05: 2026-10-05"]),
        ("In 2019 and since March 2020", ["2019: 2019-01-01 2019-12-31", "March 2020: 2020-03-01 2020-03-31"]),
        ("It opened in March.", ["March: 2026-03-01 2026-03-31"]),
        ("It had opened in March.", ["March: 2026-03-01 2026-03-31"]),
        ("It may be March, or in March: who knows?", []),
        ("It will open in March.", ["March: 2027-03-01 2027-03-31"]),
        ("next month, last week, this year", [
            "next month: 2026-12-01 2026-12-31", "last week: 2026-11-09 2026-11-15", "this year: 2026-01-01 2026-12-31"
        ]),
        ("Last weekend, three days ago", ["Last weekend: 2026-11-14 2026-11-15", "three days ago: 2026-11-15"]),
        ("Yesterday and tomorrow", ["Yesterday: 2026-11-17", "tomorrow: 2026-11-19"]),
        ("a year ago, 2 months ago", ["a year ago: 2025-01-01 2025-12-31", "2 months ago: 2026-09-01 2026-09-30"]),
        ("in the 1990s", ["1990s: 1990-01-01 1999-12-31"]),
        ("“Today, we vote,” she said last night.", ["Today: 2026-11-18", "last night: 2026-11-17"]),
        # no dates, or none that can be told
        ("Ms May said that she may march. April Holm and Theresa May left.", []),
        ("Sales on Black Friday, the Tern Sunday Times, every Monday", []),
        ("the Sept. 11 attacks", []),
        ("in November last year", ["November last year: 2025-11-01 2025-11-30"]),
        ("on 28 December", ["28 December: 2026-12-28"]),
        ("The vote on 9 February", []),
        ("the last week of May, every 2 April, USA TODAY", []),
        ("The 31 June and 2000 people, 10:30, 3.5 May", []),
        ("It closed in May. 3 people stayed.", ["May: 2026-05-01 2026-05-31"]),
    ],
)  # fmt: skip
def test_dates_in_english(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Am Dienstag sagte sie das, gestern nicht.", ["Dienstag: 2026-11-17", "gestern: 2026-11-17"]),
        ("de", "Sie wird am kommenden Montag, dem 23. November, gewählt.", [
            "kommenden Montag: 2026-11-23", "23. November: 2026-11-23"
        ]),
        ("de", "vor drei Tagen, am 3.11.2024, im Jahr 2019, letzte Woche", [
            "vor drei Tagen: 2026-11-15", "3.11.2024: 2024-11-03", "2019: 2019-01-01 2019-12-31",
            "letzte Woche: 2026-11-09 2026-11-15",
        ]),
        ("fr", "Mardi, elle a dit hier, le 3 novembre 2024, l’an dernier", [
            "Mardi: 2026-11-17", "hier: 2026-11-17", "3 novembre 2024: 2024-11-03", "an dernier: 2025-01-01 2025-12-31"
        ]),
        ("fr", "aujourd’hui, il y a trois jours, la semaine prochaine, le 1er mai 2025", [
            "aujourd’hui: 2026-11-18", "il y a trois jours: 2026-11-15",
            "semaine prochaine: 2026-11-23 2026-11-29", "1er mai 2025: 2025-05-01",
        ]),
        ("es", "Ayer, el martes pasado, dijo el 3 de noviembre de 2024", [
            "Ayer: 2026-11-17", "martes pasado: 2026-11-17", "3 de noviembre de 2024: 2024-11-03"
        ]),
        ("fr", "Elle se rendra là. Ils se retrouveront mardi, en novembre prochain", [
            "mardi: 2026-11-24", "novembre prochain: 2027-11-01 2027-11-30"
        ]),
        ("de", "in den letzten Wochen, im November letzten Jahres", ["November letzten Jahres: 2025-11-01 2025-11-30"]),
        ("es", "hace dos semanas, el próximo mes, en 2019", [
            "hace dos semanas: 2026-11-02 2026-11-08", "próximo mes: 2026-12-01 2026-12-31",
            "2019: 2019-01-01 2019-12-31",
        ]),
    ],
)  # fmt: skip
def test_dates_in_other_languages(language: str, text: str, expected: list[str]) -> None:
    assert told(text, language) == expected


def test_dates_need_a_day_to_count_from() -> None:
    assert read("Crews voted on Tuesday.", published=None) != []  # the day of capture stands in
    made = replace(document(text="Crews voted on Tuesday."), published_at=None, captured_at=None)
    assert dates.run(Reading(made, Parser())) == []


@given(st.text(alphabet="0123 9.,-/s\nMayTuesdyNov lastwek’", max_size=60), st.sampled_from(["en", "de", "fr", "es"]))
@settings(max_examples=60, deadline=None)
def test_dates_survive_any_text(text: str, language: str) -> None:
    for found in read(text, language):
        assert text[found["start"] : found["end"]] == found["text"]
        assert found["date"] or found["from"] <= found["to"]
