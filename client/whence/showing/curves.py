"""A curve as an SVG picture: one line, its lowest and highest values, its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 360, 180
LEFT, RIGHT, TOP, BOTTOM = 54, 8, 24, 22
"""Pixels: of the picture, and around the line."""


def draw_curve(title: str, points: Sequence[tuple[int, Any]]) -> str:
    """Return the points of a metric as SVG; where it is NaN or infinite the line is interrupted."""
    finite = [(step, float(value)) for step, value in points if isinstance(value, int | float)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img"><title>{escape(title)}</title><text x="{LEFT}" y="15" class="name">{escape(_cut(title))}</text>'
    )
    if not finite:
        return f'{head}<text x="{LEFT}" y="{HEIGHT // 2}">no finite value</text></svg>'
    low, high = min(value for _, value in finite), max(value for _, value in finite)
    first, last = finite[0][0], max(step for step, _ in finite)
    across = (WIDTH - LEFT - RIGHT) / max(last - first, 1)
    down = (HEIGHT - TOP - BOTTOM) / ((high - low) or 1.0)

    def place(step: int, value: float) -> str:
        y = (HEIGHT - TOP - BOTTOM) / 2 + TOP if high == low else HEIGHT - BOTTOM - (value - low) * down
        return f"{LEFT + (step - first) * across:.1f} {y:.1f}"

    lines = [piece for piece in _cut_at_gaps(points) if piece]
    paths = "".join(f'<path d="M{"L".join(place(step, value) for step, value in piece)}"/>' for piece in lines)
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="2"/>'
        for piece in lines
        if len(piece) == 1
        for x, y in [place(*piece[0]).split()]
    )
    labels = (
        f'<text x="{LEFT - 4}" y="{TOP + 8}" class="end">{high:.4g}</text>'
        f'<text x="{LEFT - 4}" y="{HEIGHT - BOTTOM}" class="end">{low:.4g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 6}">{first}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" class="end">{last}</text>'
    )
    axes = f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
    return f"{head}{axes}{paths}{dots}{labels}</svg>"


def _cut_at_gaps(points: Sequence[tuple[int, Any]]) -> list[list[tuple[int, float]]]:
    pieces: list[list[tuple[int, float]]] = [[]]
    for step, value in points:
        if isinstance(value, int | float) and math.isfinite(value):
            pieces[-1].append((step, float(value)))
        else:
            pieces.append([])
    return pieces


def _cut(text: str) -> str:
    return text if len(text) <= 44 else f"{text[:21]}…{text[-21:]}"
