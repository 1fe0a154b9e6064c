"""What is known about a training or a recipe beside its points, as tags."""

from __future__ import annotations

import re

from demo.logs import NO_CODE
from demo.recipes import Place, Recipe, find_place
from demo.trainings import Training

SOURCE = "KellerJordan/modded-nanogpt@f411b3d3"
LICENCE = "MIT"
_ENVIRONMENT = ("torch", "cuda", "python", "gpu")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{8})[-_]")
_SEED = re.compile(r"(?:^|[/_-])seed[_-]?(\d+)")


def describe_place(place: Place) -> dict[str, str]:
    """Tags that a recipe shares with everything below it."""
    folder = place.folders[0]
    tags = {"track": place.track, "recipe": folder, "record": _DATE.sub("", folder, count=1)}
    if place.parent is not None:
        tags["variant"] = place.folders[1]
    return tags | {"source": SOURCE, "licence": LICENCE}


def describe_training(training: Training, precision: str, repeated: str | None) -> dict[str, str]:
    """Tags of a training: where it stands in the source, its code, its environment, and what to beware of."""
    log = training.log
    tags = describe_place(find_place(log)) | {
        "group": log.group,
        "source_path": log.source_path,
        "log_run": log.run,
        "started_at_precision": precision,
        "train_time_unit": "ms" if log.track == "track_1_short" else "s",
    }
    tags |= {f"env.{key}": log.env[key] for key in _ENVIRONMENT if key in log.env}
    if training.parts > 1:
        tags |= {"part": str(training.part), "parts": str(training.parts)}
    seed = _SEED.search(log.source_path)
    if seed is not None:
        tags["seed"] = seed[1]
    if training.resets_after is not None:
        tags["train_time_reset_after_step"] = str(training.resets_after)
    if repeated is not None:
        tags["same_points_as"] = repeated
    return tags | _describe_code(training)


def _describe_code(training: Training) -> dict[str, str]:
    log, short_log = training.log, training.short_log
    tags = {"code": "unknown"} if log.code_sha256 == NO_CODE else {"code_sha256": log.code_sha256}
    if short_log is not None:
        tags |= {"also_source_path": short_log.source_path, "also_code_sha256": short_log.code_sha256}
    return tags


def describe_recipe(recipe: Recipe, precision: str) -> dict[str, str]:
    """Tags of a recipe, its note files among them."""
    tags = describe_place(recipe.place) | {"started_at_precision": precision}
    if recipe.notes:
        tags["note_files"] = ", ".join(note.path for note in recipe.notes)
    if recipe.variants:
        tags["variants"] = str(recipe.variants)
    if not recipe.trainings:
        tags["trainings"] = "none in this data"
    return tags
