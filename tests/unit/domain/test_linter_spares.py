"""What looks like a flaw and is none."""

import pytest

from domain.linter import lint_item
from domain.question import Option, Question

HARMLESS = [
    ("combined-options", "Which vitamins dissolve in fat?", ["A and D", "B and C", "C and B", "B and E"]),
    ("combined-options", "What did the pilot see?", ["some of the clouds", "all of the city", "none", "its roof"]),
    ("combined-options", "Which grade is best?", ["A", "B", "C", "D"]),
    ("options-differ", "Which genotype is heterozygous?", ["AA", "Aa", "aa", "A"]),
    ("options-differ", "Which language came first?", ["C", "C++", "C#", "Objective-C"]),
    ("options-differ", "Which number is smallest?", ["-5", "5", "0", "+0.5"]),
    ("options-alike", "How many took part?", ["25 percent of adults", "26 percent of adults", "27 percent of adults"]),
    ("question-form", "Which of these would he say? “It is so.”", ["a man", "a boy", "a girl"]),
    ("question-form", "The two hormones of the pancreas are:", ["x and y", "y and z", "z and w"]),
    ("question-form", "ما هي عاصمة مصر؟", ["القاهرة", "دمشق", "بغداد"]),
    ("source-reference", "According to the Book of Genesis, who built the ark?", ["Noah", "Abel", "Cain"]),
    ("source-reference", "According to Freud, which part of the mind is unconscious?", ["id", "ego", "superego"]),
    ("source-reference", "Which lobe lies in this section of the brain?", ["frontal", "parietal", "temporal"]),
    ("source-reference", "Who studied the passage of ions through membranes?", ["Hodgkin", "Katz", "Nernst"]),
    ("negative-stem", "How many samples does the method need at least?", ["two", "three", "four"]),
    ("negative-stem", "Anna does not sleep. Which hormone is low?", ["melatonin", "insulin", "cortisol"]),
    ("negative-stem", "Which organ not only stores but also concentrates bile?", ["gall bladder", "liver", "spleen"]),
    ("blank-mid-stem", "What does `__init__` do in Python?", ["sets up an object", "ends a loop", "opens a file"]),
    ("blank-mid-stem", "What is called __init__ in Python?", ["a constructor", "a loop", "a file"]),
    ("article-cue", "A list of questions is called a(n) ________.", ["interview", "survey", "test"]),
    ("article-cue", "The signal is received by an ________.", ["antenna", "MRI scanner", "mirror"]),
    ("key-echo", "Which kind of memory holds facts?", ["semantic memory", "episodic memory", "working memory"]),
    ("key-longest", "What is it?", ["two small words", "one", "six"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "stem", "options"), HARMLESS, ids=[f"{rule}: {stem}" for rule, stem, _ in HARMLESS])
def test_harmless_look_alike_is_spared(rule: str, stem: str, options: list[str]) -> None:
    """A rule is silent about what only looks like its flaw."""
    question = Question(stem, tuple(Option(text) for text in options), 0, "", "", "easy", "remember")
    assert rule not in {flaw.rule for flaw in lint_item(question)}
