"""Plots of a run as SVG for an HTML page, in the page's own colours, so that they fit a light and a dark one.

matplotlib writes fixed colours. Here it is given colours that nothing else has, which then become CSS variables.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Sequence

from markupsafe import escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from boxwright.runs.labels import LabelledBox
from boxwright.runs.metrics import MetricsRow, thin
from boxwright.runs.precision_recall import Curve, CurvePoint

INK, LINE = "#010203", "#010204"
SERIES = tuple(f"#0102{number:02x}" for number in range(0x10, 0x18))
VARIABLES = {INK: "var(--ink)", LINE: "var(--line)"} | {
    colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)
}
"""Colour to the CSS variable that takes its place."""

SIZE = 5.2, 3.2  # inches of 72 CSS units: texts of 9 units can still be read on a screen of 400 pixels
FONT_SIZE = 9
CURVE_POINTS = 400
SHOWN_CURVES = len(SERIES)
SHOWN_BOXES = 3000
SETTINGS = {
    "svg.fonttype": "none",  # texts stay texts: they can be searched, and the page is small
    "text.parse_math": False,  # a class name may hold a $
    "axes.unicode_minus": False,
    "font.size": FONT_SIZE,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def loss_plot(rows: Sequence[MetricsRow]) -> str:
    """Return the losses over the steps; "" when there are none."""
    if not any(row.total_loss is not None for row in rows):
        return ""
    curves: tuple[tuple[str, Callable[[MetricsRow], float | None]], ...] = (
        ("total", lambda row: row.total_loss),
        ("classification", lambda row: row.classification_loss),
        ("localization", lambda row: row.localization_loss),
        ("regularization", lambda row: row.regularization_loss),
    )

    def draw(axes: Axes) -> None:
        for (name, value), colour in zip(curves, SERIES, strict=False):
            shown = thin(rows, CURVE_POINTS, value)
            axes.plot([row.step for row in shown], [value(row) for row in shown], color=colour, label=name)
        axes.set_xlabel("step")
        axes.set_ylim(bottom=0)
        axes.legend()

    return _svg(draw, "loss", "Losses over the steps of the training")


def ap_plot(rows: Sequence[MetricsRow]) -> str:
    """Return average precision over the steps; "" when nothing was evaluated while training."""
    measured = [row for row in rows if row.ap is not None]
    if not measured:
        return ""

    def draw(axes: Axes) -> None:
        steps = [row.step for row in measured]
        axes.plot(steps, [row.ap50 for row in measured], color=SERIES[0], marker="o", markersize=4, label="AP@.50")
        axes.plot(steps, [row.ap for row in measured], color=SERIES[1], marker="o", markersize=4, label="AP@[.50:.95]")
        axes.set_xlabel("step")
        axes.set_ylim(0, 1)
        axes.legend()

    return _svg(draw, "ap", "Average precision on the test split over the steps of the training")


def precision_recall_plot(curve: Curve, best_score: float | None) -> str:
    """Return precision over recall of a class, with a line at the score that maximises F1.

    Args:
        curve: With points.
        best_score: None for no line.
    """
    best = curve.at(best_score) if best_score is not None else None

    def draw(axes: Axes) -> None:
        points = _thinned(curve.points)
        recalls, precisions = [point.recall for point in points], [point.precision for point in points]
        axes.plot(recalls, precisions, color=SERIES[0], drawstyle="steps-pre")
        if best is not None and best_score is not None:
            axes.axvline(best.recall, color=SERIES[1], linestyle="--")
            axes.plot([best.recall], [best.precision], color=SERIES[1], marker="o")
            to_left = best.recall > 0.5
            axes.annotate(
                f"score {best_score:.2f}: best F1",
                (best.recall, 0.04),
                xytext=(-4 if to_left else 4, 0),
                textcoords="offset points",
                ha="right" if to_left else "left",
                color=SERIES[1],
            )
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)

    return _svg(draw, f"pr {curve.label}", f"Precision over recall of {curve.label}")


def sizes_plot(boxes: Sequence[LabelledBox]) -> str:
    """Return how large the boxes are: the root of the share of the image that each covers; "" without boxes."""
    if not boxes:
        return ""
    sides = [max((box.xmax - box.xmin) * (box.ymax - box.ymin), 0.0) ** 0.5 for box in boxes]

    def draw(axes: Axes) -> None:
        axes.hist(sides, bins=20, range=(0, 1), color=SERIES[0])
        axes.set_xlabel("side of the box, as a share of the image's side")
        axes.set_ylabel("boxes")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    return _svg(draw, "sizes", "How many boxes have which size")


def positions_plot(boxes: Sequence[LabelledBox]) -> str:
    """Return where in the image the centres of the boxes are; "" without boxes."""
    if not boxes:
        return ""
    every = -(-len(boxes) // SHOWN_BOXES)
    shown = boxes[::every]

    def draw(axes: Axes) -> None:
        centres = [((box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2) for box in shown]
        x, y = zip(*centres, strict=True)
        axes.scatter(x, y, s=14, color=SERIES[0], alpha=0.5, linewidths=0)
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)
        axes.set_xticks([0, 0.5, 1], ["left", "middle", "right"])
        axes.set_yticks([0, 0.5, 1], ["top", "middle", "bottom"])
        axes.grid(True, linewidth=0.5)

    return _svg(draw, "positions", "Where in the image the centres of the boxes are")


def _thinned(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    every = -(-len(points) // CURVE_POINTS)
    return [*points[:-1:every], points[-1]]


def _svg(draw: Callable[[Axes], None], name: str, description: str) -> str:
    """Return a plot as an <svg> element without a size of its own.

    Args:
        draw: Draws into the axes.
        name: Of the plot: ids of equal names are equal, so that a page made twice is the same.
        description: For people who do not see it; escaped here.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # about fonts that the browser replaces anyway
    stream = io.StringIO()
    with rc_context({**SETTINGS, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font in use lacks: the browser has others
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    _, _, inner = stream.getvalue().partition("<svg")
    attributes, _, content = inner.partition(">")
    for colour, variable in VARIABLES.items():
        content = content.replace(colour, variable)
    view = f"0 0 {SIZE[0] * 72:g} {SIZE[1] * 72:g}"
    assert f'viewBox="{view}"' in attributes
    space = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"'
    return f'<svg {space} viewBox="{view}" role="img" aria-label="{escape(description)}">{content.strip()}'
