"""Measures in a simulated person's seconds what suggestions and the order of photos save.

A person labels photos in rounds, in the order of the files, at random, or as boxwright rank says, with and without
suggested boxes; after each round the detector is trained on. Reported are photos and seconds until AP@.50 reaches a
value, for two times of drawing a box. Every simulation that ends is appended to a CSV, and is not made again. Needs the
folder of data sets that `bench recipe` needs. One simulation is a training for each round.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bench_effort_person import ORDERS, Acts, Round, Seconds, first_reaching, simulate
from bench_recipe import BATCH, MODEL, PROJECT

from boxwright.annotations.model import Box
from boxwright.cli.console import echo, print_table, reporting
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

SETS = ("raccoon", "microcontrollers")
TARGETS = (0.7, 0.8)  # AP@.50
DRAWING = (25.0, 7.0)  # seconds a box


@dataclass(frozen=True)
class Row:
    """A round of a simulation, as the CSV has it.

    Attributes:
        data: A data set.
        order: One of ORDERS.
        suggestions: Whether boxes were suggested.
        seed: Of the order and the trainings.
        photos: Labelled so far.
        ap50: Of the model.
        opened, accepted, moved, deleted, relabelled, drawn: Acts so far.
        training: Seconds of all trainings of the simulation.
    """

    data: str
    order: str
    suggestions: bool
    seed: int
    photos: int
    ap50: float
    opened: int
    accepted: int
    moved: int
    deleted: int
    relabelled: int
    drawn: int
    training: float

    @property
    def simulation(self) -> tuple[str, str, bool, int]:
        """What the row is a round of."""
        return self.data, self.order, self.suggestions, self.seed

    @property
    def round(self) -> Round:
        """The state after it."""
        acts = Acts(self.opened, self.accepted, self.moved, self.deleted, self.relabelled, self.drawn)
        return Round(self.photos, acts, self.ap50)


def main() -> None:
    """Make the simulations that the CSV lacks, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data", help="the folder with all")
    parser.add_argument("--sets", nargs="*", default=["raccoon"], choices=SETS)
    parser.add_argument("--orders", nargs="*", default=list(ORDERS), choices=ORDERS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--photos", type=int, default=20, help="of a round")
    parser.add_argument("--steps", type=int, default=100, help="of the training of a round")
    parser.add_argument("--keep", type=Path, default=Path("effort"), help="where workspaces are made, and kept")
    parser.add_argument("--results", type=Path, default=Path("effort.csv"), help="the CSV that is continued")
    options = parser.parse_args()
    rows = read_rows(options.results)
    made = {row.simulation for row in rows}
    wanted = [
        (data, order, suggestions, seed)
        for seed in options.seeds
        for data in options.sets
        for order in options.orders
        for suggestions in (False, True)
    ]
    for data, order, suggestions, seed in wanted:
        if (data, order, suggestions, seed) in made:
            continue
        place = Workspace.at(options.keep / f"{data}-{options.steps}")
        truth, workspace = _lay_out(place, options.data, data, options.steps)
        from bench_effort_learner import DetectorLearner

        learner = DetectorLearner(workspace, steps=options.steps, seed=seed)
        rounds = simulate(
            truth,
            learner,
            order=order,
            with_suggestions=suggestions,
            batch=options.photos,
            seed=seed,
            enough=max(TARGETS),
        )
        rows += append_rows(options.results, (data, order, suggestions, seed), rounds, learner.seconds)
        echo(f"{data}, {order}, suggestions {suggestions}, seed {seed}: {rounds[-1]}")
    for target in TARGETS:
        heads = ("data", "order", "suggestions", "reached", "photos", *(f"s, {draw:g} s a box" for draw in DRAWING))
        print_table(heads, summaries(rows, target), title=f"Until AP@.50 {target:g}: medians")


def read_rows(path: Path) -> list[Row]:
    """Return the rounds that a CSV has; none when it is not there."""
    if not path.exists():
        return []
    texts = {"data", "order"}
    with path.open(newline="") as file:
        return [
            Row(
                **{
                    field.name: line[field.name]
                    if field.name in texts
                    else line[field.name] == "True"
                    if field.name == "suggestions"
                    else float(line[field.name])
                    if field.name in ("ap50", "training")
                    else int(line[field.name])
                    for field in fields(Row)
                }
            )
            for line in csv.DictReader(file)
        ]


def append_rows(
    path: Path, simulation: tuple[str, str, bool, int], rounds: Sequence[Round], training: float
) -> list[Row]:
    """Add the rounds of a simulation to the CSV, which is made with its header where it is missing; return them."""
    rows = [Row(*simulation, one.photos, one.ap50, **asdict(one.acts), training=training) for one in rounds]
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        if is_new:
            writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    return rows


def summaries(rows: Sequence[Row], target: float) -> list[tuple[object, ...]]:
    """Return the table's rows: medians over the seeds that reached the AP@.50, and how many of them did."""
    simulations: dict[tuple[str, str, bool, int], list[Round]] = {}
    for row in rows:
        simulations.setdefault(row.simulation, []).append(row.round)
    groups: dict[tuple[str, str, bool], list[Round | None]] = {}
    for (data, order, suggestions, _), rounds in simulations.items():
        groups.setdefault((data, order, suggestions), []).append(first_reaching(rounds, target))
    table: list[tuple[object, ...]] = []
    for (data, order, suggestions), ends in sorted(groups.items()):
        reached = [end for end in ends if end is not None]
        photos = statistics.median(end.photos for end in reached) if reached else None
        seconds = [
            round(statistics.median(end.acts.seconds(Seconds(draw)) for end in reached)) if reached else None
            for draw in DRAWING
        ]
        with_or_without = "with" if suggestions else "without"
        table.append((data, order, with_or_without, f"{len(reached)} of {len(ends)}", photos, *seconds))
    return table


def _lay_out(workspace: Workspace, data: Path, name: str, steps: int) -> tuple[dict[str, tuple[Box, ...]], Workspace]:
    """Make the workspace with records of all photos and the weights, unless it is there; return the truth, too."""
    from bench_doubtful import training_images

    from boxwright.annotations.voc import parse_voc
    from boxwright.dataset.layout import lay_out
    from boxwright.dataset.sync import sync
    from boxwright.workflow.models import GetModelOptions, get_model

    quiet_tensorflow()
    source = data / name
    if not workspace.pipeline_config.exists():
        lay_out(workspace, images=source)
    names = training_images(workspace, source / "reference_split.csv")
    if not workspace.pipeline_config.exists():
        sync(workspace)
        (package,) = (data / "weights" / MODEL).glob("*.tgz")
        with reporting() as reporter:
            wanted = GetModelOptions(MODEL, package, num_steps=steps, batch_size=BATCH, force=True)
            get_model(workspace, wanted, reporter)
    xml = {image: (workspace.images / image).with_suffix(".xml") for image in names}
    return {image: parse_voc(path.read_bytes()).boxes for image, path in xml.items()}, workspace


if __name__ == "__main__":
    main()
