"""What a folder should hold once its captures were cleaned anew."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import Key, settled
from pipeline.stages import lift

VERSIONS = st.sampled_from(["a" * 16, "b" * 16, "d" * 16])


@given(says=st.lists(VERSIONS, min_size=1, max_size=7), again=st.dictionaries(st.integers(0, 6), VERSIONS))
def test_target_keeps_every_capture_and_no_seen_without_its_document(says: list[str], again: dict[int, str]) -> None:
    """`again`: what some of the captures say by the new rules; the others could not be cleaned."""
    captured = [
        Key(f"20261122T1200{n:02}Z", f"{n:08}", "c1", version, "json", "0" * 20) for n, version in enumerate(says)
    ]
    have = settled(captured)
    made = {
        captured[n].moment: captured[n]._replace(edition="c2", version=v) for n, v in again.items() if n < len(says)
    }
    want = lift.target(have, sorted(have), made)
    assert {key.moment for key in want} == {key.moment for key in have}
    assert len(want) == len(have)
    first = {key.said: key.moment for key in want if key.kind == "json"}
    assert all(first[key.said] < key.moment for key in want if key.kind == "seen")
    assert all(key.said == made[key.moment].said for key in want if key.moment in made)
    assert lift.target(want, sorted(want), made) == want
