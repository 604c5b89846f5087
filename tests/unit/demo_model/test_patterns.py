import pytest

from demo_model.book import Item, open_book

# Enough terms of each shape for wrong answers.
AROUND = (
    " The cortex is a folded sheet that covers the brain. The thalamus is a relay that sorts signals from the senses."
    " The medulla is a region that controls breathing. The pons is a bridge that links parts of the brain."
    " Reflexes are quick movements that need no thought. Hormones are messengers that travel in the blood."
    " Neurons are cells that carry signals. Muscles are tissues that contract."
    " Marie Curie discovered radium in a shed in Paris. Isaac Newton described the laws of motion in detail."
    " Charles Darwin published a famous book about species and their origin."
)


def items_of(sentence: str) -> list[Item]:
    """The items of one sentence among others."""
    return [item for item in open_book(sentence + AROUND) if item.quote == sentence]


@pytest.mark.parametrize(
    ("sentence", "stem", "key"),
    [
        (
            "The amygdala is a small structure that processes fear.",
            "Which of the following is a small structure that processes fear?",
            "amygdala",
        ),
        (
            "Habituation refers to a weaker response after a repeated stimulus.",
            "Which term refers to a weaker response after a repeated stimulus?",
            "habituation",
        ),
        (
            "However, receptors are also proteins that bind signal molecules.",
            "Which of the following are proteins that bind signal molecules?",
            "receptors",
        ),
        (
            "In the brain, the hippocampus stores memories of places and events.",
            "In the brain, which of the following stores memories of places and events?",
            "hippocampus",
        ),
        (
            "Ivan Pavlov discovered conditioned reflexes in the saliva of dogs.",
            "Who discovered conditioned reflexes in the saliva of dogs?",
            "Ivan Pavlov",
        ),
        (
            "The fatty layer around the axon is called the myelin sheath.",
            "What is the fatty layer around the axon called?",
            "myelin sheath",
        ),
        (
            "Nerve cells release chemical messengers known as neurotransmitters.",
            "Nerve cells release chemical messengers known as ________.",
            "neurotransmitters",
        ),
        (
            "In 1879, the first laboratory was opened in Leipzig.",
            "In which year was the first laboratory opened in Leipzig?",
            "1879",
        ),
        (
            "Wilhelm Wundt founded the first laboratory of the discipline in 1879.",
            "In which year did Wilhelm Wundt found the first laboratory of the discipline?",
            "1879",
        ),
        (
            "The human spine of an adult contains 26 separate bones.",
            "The human spine of an adult contains how many separate bones?",
            "26",
        ),
        (
            "About 20 percent of all blood goes to the brain.",
            "About what percentage of all blood goes to the brain?",
            "20%",
        ),
        (
            "Damage to the hippocampus leads to a loss of new memories.",
            "Damage to which of the following leads to a loss of new memories?",
            "hippocampus",
        ),
    ],
)
def test_each_pattern_makes_its_question(sentence: str, stem: str, key: str) -> None:
    """A sentence of each kind becomes a grammatical stem whose answer is the right words of the sentence."""
    assert (stem, key) in {(item.fact.stem, item.fact.key) for item in items_of(sentence)}


def test_a_definition_is_also_asked_the_other_way_round() -> None:
    """With enough other definitions of the same length, the term is given and its meaning asked for."""
    found = {item.fact.stem: item for item in items_of("The amygdala is a small structure that processes fear.")}
    item = found["What is the amygdala?"]
    assert item.fact.key == "a small structure that processes fear"
    assert all(text.startswith("a ") for text, _ in item.wrong)


@pytest.mark.parametrize(
    "sentence",
    [
        "This is a process that changes the strength of a synapse.",
        "It is the part of the brain that controls balance.",
        "As mentioned earlier, the amygdala is a structure that processes fear.",
        "Figure 3 shows the amygdala and the structures around it.",
        "The amygdala is not a structure that controls breathing.",
        "Is the amygdala a structure that processes fear?",
        "Imagine that the amygdala of a person is removed.",
    ],
)
def test_sentences_that_lean_on_something_else_are_left_alone(sentence: str) -> None:
    """No question from pronouns, cross-references, negations, questions or commands."""
    assert items_of(sentence) == []


def test_headings_captions_tables_and_code_give_no_questions() -> None:
    """Only running text is asked about."""
    text = (
        "# The amygdala is a structure that processes fear.\n\n"
        "Figure 1. The amygdala is a structure that processes fear.\n\n"
        "| The amygdala is a structure that processes fear. |\n\n"
        "```\nThe amygdala is a structure that processes fear.\n```\n\n"
    )
    assert not [item for item in open_book(text + AROUND.strip()) if "amygdala" in item.quote]
