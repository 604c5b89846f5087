"""What a call costs. Prices change: the setting OPENAI_PRICES overrides this table."""

import math

# US dollars for a million prompt tokens and a million completion tokens, as published by the provider.
PRICES: dict[str, tuple[float, float]] = {
    "demo-model": (0.0, 0.0),
    "gpt-4o": (2.50, 10.00),
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
}


def parse_prices(text: str) -> tuple[float, float]:
    """Read "prompt,completion" in dollars a million tokens; raises ValueError that says so."""
    try:
        prompt, completion = (float(part) for part in text.split(","))
    except ValueError:
        prompt = completion = math.nan
    if not (0 <= prompt < math.inf and 0 <= completion < math.inf):  # a NaN would spread into every sum
        raise ValueError(f'OPENAI_PRICES must be two numbers such as "0.4,1.6", not {text!r}')
    return prompt, completion


def cost_of(
    model: str, prompt_tokens: int, completion_tokens: int, override: tuple[float, float] | None
) -> float | None:
    """US dollars of a call; None when the model's price is not known, which is not the same as free."""
    prices = override or PRICES.get(model) or PRICES.get(_without_date(model))
    if prices is None:
        return None
    return (prompt_tokens * prices[0] + completion_tokens * prices[1]) / 1_000_000


def _without_date(model: str) -> str:
    """`gpt-4o-2024-08-06` is priced as `gpt-4o`."""
    name, _, tail = model.rpartition("-20")
    return name if name and tail.replace("-", "").isdigit() else model
