from collections.abc import Callable

import pytest

from demo_model.writer import Written

NORWEGIAN = (
    "Fotosyntesen er prosessen der planter bruker lysenergi til å lage sukker. Sukkeret lagres ofte i bladene som "
    "stivelse. Plantene tar opp karbondioksid fra luften gjennom små åpninger som kalles spalteåpninger. Vannet "
    "kommer fra jorda og trekkes opp gjennom røttene. I kloroplastene finnes det grønne fargestoffet klorofyll. "
    "Energien i lyset brukes til å spalte vannmolekyler. Dyrene er avhengige av det frigjorte oksygenet."
)
GERMAN = (
    "Die Zelle ist die kleinste lebende Einheit aller Organismen. Der Zellkern enthält das gesamte Erbgut und steuert "
    "die Vorgänge im Zellplasma. Die Mitochondrien versorgen jede tierische und pflanzliche Zelle mit Energie. "
    "Pflanzen gewinnen in den Chloroplasten Zucker aus dem Licht der Sonne. Die Ribosomen bauen aus einzelnen "
    "Aminosäuren nach der Vorlage der Gene die Proteine. Die Vakuole speichert in großen Mengen Wasser."
)


@pytest.mark.parametrize("text", [NORWEGIAN, GERMAN])
def test_a_text_in_another_language_gets_a_completion(text: str, ask: Callable[..., Written | None]) -> None:
    """Where the English patterns don't hold, the last word of a sentence is left out, among words of its look."""
    written = ask(text)
    assert written is not None
    assert written.stem.endswith("________.")
    assert written.quote in text
    assert len(written.distractors) >= 2


@pytest.mark.parametrize("text", ["", "   \n\n", "# Only a heading", "Short.", "12 34 56", "{}[]<>|" * 50, "字" * 500])
def test_a_text_without_facts_gets_nothing(text: str, ask: Callable[..., Written | None]) -> None:
    """Nothing to ask about is said plainly, not made up."""
    assert ask(text) is None
