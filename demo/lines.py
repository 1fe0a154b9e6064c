"""The demo as import lines (docs/reference/import-format.md): experiments, recipes, trainings, each before its own."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from demo.ancestry import FILE as ANCESTRY
from demo.ancestry import read_ancestors
from demo.dates import parse_day, read_result_days
from demo.facts import describe_recipe, describe_training
from demo.hyperparameters import type_parameters
from demo.ids import make_run_id
from demo.logs import FOLDER, read_logs, read_notes
from demo.recipes import LOOSE, Place, Recipe, collect_recipes, find_place, find_repeats, summarise
from demo.trainings import Training, read_trainings

Line = dict[str, Any]
TRACKS = ("track_1_short", "track_2_medium", "track_3_optimization")


class Demo:
    """The data of one folder, read once: 12 MB of JSON, 718,410 rows, in about a second."""

    def __init__(self, folder: Path = FOLDER) -> None:
        notes = list(read_notes(folder))
        self._trainings = read_trainings(read_logs(folder))
        self._recipes = collect_recipes(self._trainings, notes)
        self._repeats = find_repeats(self._trainings)
        self._result_days = read_result_days(notes)
        days = [day for recipe in self._recipes if (day := self._known_day(recipe.place)) is not None]
        self._first_day = min(days, default=datetime(1970, 1, 1, tzinfo=UTC))
        self._attribution = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")

    def encode(self) -> Iterator[bytes]:
        """Yield the demo, one JSON object a line. The same data gives the same bytes."""
        yield from map(msgspec.json.Encoder().encode, self.lines())

    def lines(self) -> Iterator[Line]:
        """Yield the lines before they are encoded."""
        for track in TRACKS:
            yield {"kind": "experiment", "name": track, "description": self._attribution}
            yield from _metric_definitions(track)
        for recipe in self._recipes:
            yield self._recipe_line(recipe)
        for training in self._trainings:
            yield self._training_line(training)
        yield {"kind": "lineage", "edges": list(self._ancestry())}

    def _ancestry(self) -> Iterator[Line]:
        """Yield which recipe goes on from which, with the sentences that it rests on."""
        for ancestor in read_ancestors(ANCESTRY):
            yield {
                "kind": "CONTINUED_AS",
                "source": {"run": self._id(ancestor.parent)},
                "target": {"run": self._id(ancestor.child)},
                "origin": "DECLARED",
                "producer": ancestor.evidence[0].file,
                "evidence": ancestor.told,
            }

    def _known_day(self, place: Place) -> datetime | None:
        if place.folders[0] == LOOSE:
            return self._result_days.get(place.folders[-1])
        return parse_day(place.folders[0])

    def _day(self, place: Place) -> tuple[datetime, str]:
        """Return the day and how precise it is; where none is known, the first day of the data stands in."""
        day = self._known_day(place)
        return (self._first_day, "unknown") if day is None else (day, "day")

    def _id(self, place: Place) -> str:
        return make_run_id(place.key, self._day(place)[0])

    def _recipe_line(self, recipe: Recipe) -> Line:
        day, precision = self._day(recipe.place)
        line = _run_line(self._id(recipe.place), recipe.place.track, recipe.place.name, run_kind="GROUP", day=day)
        line["tags"] = describe_recipe(recipe, precision)
        line["notes"] = [{"text": note.text} for note in recipe.notes]
        if recipe.place.parent is not None:
            line["parent"] = self._id(recipe.place.parent)
        losses = summarise(recipe.trainings)
        if losses is not None:
            line["series"] = [
                _series(f"final_val_loss/{name}", [0], [value], day)
                for name, value in asdict(losses).items()
                if value is not None
            ]
        return line

    def _training_line(self, training: Training) -> Line:
        place = find_place(training.log)
        day, precision = self._day(place)
        line = _run_line(
            make_run_id(training.key, day), place.track, _training_name(training), run_kind="TRAIN", day=day
        )
        line["parent"] = self._id(place)
        line["params"] = type_parameters(training.log.hparams)
        line["tags"] = describe_training(training, precision, self._repeats.get(training.key))
        line["series"] = list(_training_series(training, day))
        return line


def _metric_definitions(track: str) -> Iterator[Line]:
    unit = "ms" if track == "track_1_short" else "s"
    for key, goal, key_unit in (
        ("val_loss", "MIN", "nats"),
        ("train_loss", "MIN", "nats"),
        ("final_val_loss/mean", "MIN", "nats"),
        ("train_time_ms", "MIN", unit),
        ("peak_mem_mib", "MIN", "MiB"),
    ):
        yield {"kind": "metric_definition", "experiment": track, "key": key, "goal": goal, "unit": key_unit}


def _run_line(run_id: str, experiment: str, name: str, *, run_kind: str, day: datetime) -> Line:
    text = day.isoformat().replace("+00:00", "Z")
    line: Line = {"kind": "run", "id": run_id, "experiment": experiment, "name": name, "runKind": run_kind}
    return line | {"status": "FINISHED", "startedAt": text, "endedAt": text}


def _training_name(training: Training) -> str:
    """The file's name (the seed's folder where that is only `stdout`), and the part where there are several."""
    folder, _, file = training.log.source_path.rpartition("/")
    name = folder.rpartition("/")[2] if training.short_log is not None else file.removesuffix(".txt")
    return name if training.parts == 1 else f"{name} part {training.part}"


def _training_series(training: Training, day: datetime) -> Iterator[Line]:
    yield _series("val_loss", [row.step for row in training.val], [row.loss for row in training.val], day)
    losses = [(row.step, row.loss) for row in training.train if row.loss is not None]
    if losses:
        yield _series("train_loss", [step for step, _ in losses], [loss for _, loss in losses], day)
    yield _series("train_time_ms", [step for step, _ in training.clock], [clock for _, clock in training.clock], day)
    memory = training.log.env.get("peak_mem_mib")
    if memory is not None:
        yield _series("peak_mem_mib", [training.val[-1].step], [float(memory)], day)


def _series(key: str, steps: Sequence[int], values: Sequence[float | None], day: datetime) -> Line:
    """One series in packed columns, each point at the midnight of its day: the data knows no time of day."""
    return {
        "key": key,
        "stepsPacked": _pack("q", steps),
        "valuesPacked": _pack("d", values),
        "time": day.isoformat().replace("+00:00", "Z"),
    }


def _pack(code: str, numbers: Iterable[Any]) -> str:
    column = array(code, numbers)
    if _BIG_ENDIAN:
        column.byteswap()
    return base64.b64encode(column.tobytes()).decode("ascii")


_BIG_ENDIAN = array("H", [1]).tobytes() == b"\0\1"
