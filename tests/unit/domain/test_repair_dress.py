"""No option is singled out by its capital or full stop."""

import pytest

from domain.question import Option, Question
from domain.repair import repair


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["It doubles.", "It halves.", "It stays"], ["It doubles.", "It halves.", "It stays."]),
        (["a lens.", "a mirror", "a prism"], ["a lens", "a mirror", "a prism"]),
        (["Lens", "mirror", "prism"], ["Lens", "Mirror", "Prism"]),
        (["lens", "Mirror", "Prism"], ["Lens", "Mirror", "Prism"]),
        (["Broca’s area", "thalamus", "pons"], ["Broca’s area", "Thalamus", "Pons"]),
        (["école", "Lycée", "Collège"], ["École", "Lycée", "Collège"]),
    ],
)  # fmt: skip
def test_the_odd_one_is_dressed_like_the_others(options: list[str], expected: list[str]) -> None:
    """One capital or full stop too many or too few is mended; a capital is never taken away, it may be a name's."""
    for key in range(len(options)):
        mended = repair(Question("?", tuple(map(Option, options)), key, "", "", "", ""))
        assert [option.text for option in mended.options] == expected
        assert mended.key == key
        assert repair(mended) == mended


@pytest.mark.parametrize(
    "options",
    [
        ["lens", "mirror", "Newton", "Kepler"],
        ["U.S.", "Canada", "Mexico"],
        ["the company Acme Inc.", "the state", "the people"],
        ["pH", "Acid", "Base"],
        ["mRNA", "DNA", "Protein"],
        ["True", "list()", "dict()"],
        ["x", "Y", "Z"],
        ["1989", "never", "Always"],
        ["one.", "Two"],
    ],
)
def test_dress_with_a_reason_is_kept(options: list[str]) -> None:
    """Abbreviations, symbols, code and an even split are no slip."""
    question = Question("?", tuple(map(Option, options)), 0, "", "", "", "")
    assert repair(question) == question
