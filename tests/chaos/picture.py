"""The timeline of a campaign as an SVG: questions completed, and every fault below."""

from html import escape

from tests.chaos.campaign import Result

WIDTH, PLOT, ROW, LEFT, RIGHT, TOP = 960, 220, 16, 150, 20, 40
COLOURS = {
    "kills": "#c0392b",
    "freezes": "#2980b9",
    "outages": "#8e44ad",
    "network": "#16a085",
    "model": "#d68910",
    "operator": "#2c3e50",
    "crashes": "#e74c3c",
}


def draw(result: Result) -> str:
    """The picture's text."""
    whole = max([second for second, _ in result.progress] + [1.0])
    most = max([done for _, done in result.progress] + [1])
    rows = sorted({(strike["kind"], strike["target"]) for strike in result.timeline})
    height = TOP + PLOT + 30 + ROW * len(rows) + 30

    def x(second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(second / whole, 1.0)

    def y(done: int) -> float:
        return TOP + PLOT * (1 - done / most)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">Questions completed, and each fault that struck '
        f"(seed {result.plan.seed})</text>",
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        done = round(most * share)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(done):.1f}" y2="{y(done):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(done) + 4:.1f}" text-anchor="end">{done}</text>')
        parts.append(
            f'<text x="{x(whole * share):.1f}" y="{TOP + PLOT + 16}" text-anchor="middle">{whole * share:.0f} s</text>'
        )
    line = " ".join(f"{x(second):.1f},{y(done):.1f}" for second, done in result.progress)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#27ae60" stroke-width="2"/>')
    for number, (kind, target) in enumerate(rows):
        middle = TOP + PLOT + 36 + ROW * number
        parts.append(f'<text x="{LEFT - 6}" y="{middle + 4}" text-anchor="end">{escape(f"{kind}: {target}")}</text>')
        for strike in result.timeline:
            if (strike["kind"], strike["target"]) == (kind, target) and strike["hit"]:
                at = x(strike["at"])
                parts.append(
                    f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{middle - 5}" y2="{middle + 5}" '
                    f'stroke="{COLOURS.get(kind, "#555")}"/>'
                )
    return "\n".join([*parts, "</svg>", ""])
