"""The lines of the demo say what the published files say, counted and compared by other code."""

import base64
import statistics
import struct
from collections import Counter
from functools import cache
from typing import Any

import msgspec
import pytest

from demo.hyperparameters import infer_type
from demo.lines import Demo
from tests.demo.published import FOLDER, find_log, read_logs, read_pieces

Line = dict[str, Any]


@cache
def lines() -> tuple[Line, ...]:
    return tuple(map(msgspec.json.decode, Demo().encode()))


def runs(kind: str) -> list[Line]:
    return [line for line in lines() if line["kind"] == "run" and line["runKind"] == kind]


def where(run: Line) -> tuple[str, int]:
    return run["tags"]["source_path"], int(run["tags"].get("part", 1))


def points(run: Line, key: str) -> list[tuple[int, float]]:
    for series in run.get("series", ()):
        if series["key"] == key:
            steps, values = base64.b64decode(series["stepsPacked"]), base64.b64decode(series["valuesPacked"])
            count = len(steps) // 8
            return list(zip(struct.unpack(f"<{count}q", steps), struct.unpack(f"<{count}d", values), strict=True))
    return []


def test_each_training_is_one_run_with_an_id_of_its_own() -> None:
    trainings = runs("TRAIN")

    assert {where(run) for run in trainings} == set(read_pieces())
    assert len(trainings) == 940
    assert len({run["id"] for run in trainings}) == 940
    assert sum("parts" in run["tags"] for run in trainings) == 207
    assert sum("also_source_path" in run["tags"] for run in trainings) == 8


def test_the_validation_losses_of_every_training_are_those_of_its_rows() -> None:
    expected = {key: [(row[0], row[1]) for row in rows] for key, rows in read_pieces().items()}

    assert {where(run): points(run, "val_loss") for run in runs("TRAIN")} == expected


def test_training_losses_are_there_where_the_log_has_one_and_only_there() -> None:
    expected = {
        (log["source_path"], 1): losses
        for log in read_logs()
        if (losses := [(row[0], row[1]) for row in log["train"] if row[1] is not None])
    }
    found = {where(run): losses for run in runs("TRAIN") if (losses := points(run, "train_loss"))}

    assert found == expected
    assert sum(map(len, found.values())) == 78_540


def test_the_clock_has_one_point_a_step_and_the_validation_row_wins() -> None:
    expected = {}
    for (path, part), rows in read_pieces().items():
        clock = {row[0]: row[2] for row in find_log(path)["train"]} | {row[0]: row[2] for row in rows}
        expected[path, part] = sorted(clock.items())
    found = {where(run): points(run, "train_time_ms") for run in runs("TRAIN")}

    assert found == expected
    assert sum(map(len, found.values())) == 718_410 - 4_433 - 8


def test_every_point_stands_at_the_day_its_run_started() -> None:
    for run in [*runs("TRAIN"), *runs("GROUP")]:
        assert {series["time"] for series in run.get("series", ())} <= {run["startedAt"]}
        assert run["startedAt"] == run["endedAt"]
        assert run["startedAt"].endswith("T00:00:00Z")


def test_days_come_from_the_names_of_groups() -> None:
    days = {run["tags"]["group"]: run["startedAt"][:10] for run in runs("TRAIN")}
    undated = [run for run in runs("TRAIN") if run["tags"]["started_at_precision"] != "day"]

    assert days["2024-12-04_ValueEmbed"] == "2024-12-04"
    assert days["results/20260508_klsoap_h_clean_tuple_sweep/b1090_sh090"] == "2026-05-08"
    assert {run["tags"]["log_run"] for run in undated} == {"478c0427-06ce-4952-bc0a-7e2dfaea29b6"}


def test_parameters_keep_their_text_and_know_their_type() -> None:
    for run in runs("TRAIN"):
        texts = {key: parameter["text"] for key, parameter in run["params"].items()}
        assert texts == find_log(run["tags"]["source_path"])["hparams"]
    assert len({key for run in runs("TRAIN") for key in run["params"]}) == 12


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("8", "INT"),
        ("-1", "INT"),
        ("3e-4", "FLOAT"),
        ("0.50", "FLOAT"),
        ("1.", "FLOAT"),
        (".5", "FLOAT"),
        ("True", "BOOL"),
        ("64*1024", "STRING"),
        ("nan", "STRING"),
        ("", "STRING"),
        ("1_000", "STRING"),
        ("١", "STRING"),
    ],
)
def test_the_type_of_a_parameter_is_the_narrowest_that_is_spelled_so(text: str, kind: str) -> None:
    assert infer_type(text) == kind


def test_code_and_environment_are_kept_where_they_are_known() -> None:
    trainings = runs("TRAIN")
    digests = {run["tags"].get("code_sha256") for run in trainings} | {
        run["tags"].get("also_code_sha256") for run in trainings
    }

    assert digests - {None} == {log["code_sha256"] for log in read_logs() if not log["code_sha256"].startswith("e3b0")}
    assert len(digests - {None}) == 122
    assert [run["tags"]["code"] for run in trainings if "code_sha256" not in run["tags"]] == ["unknown"] * 4
    for run in trainings:
        env = find_log(run["tags"]["source_path"])["env"]
        assert {key[4:]: value for key, value in run["tags"].items() if key.startswith("env.")} == {
            key: value for key, value in env.items() if key != "peak_mem_mib"
        }
        assert [value for _, value in points(run, "peak_mem_mib")] == [
            float(value) for key, value in env.items() if key == "peak_mem_mib"
        ]


def test_a_recipe_carries_the_figures_of_every_training_below_it() -> None:
    below: dict[str, list[float]] = {run["id"]: [] for run in runs("GROUP")}
    parents = {run["id"]: run.get("parent") for run in runs("GROUP")}
    for run in runs("TRAIN"):
        above: str | None = run["parent"]
        while above is not None:
            below[above].append(read_pieces()[where(run)][-1][1])
            above = parents[above]

    for recipe in runs("GROUP"):
        losses = below[recipe["id"]]
        found = {name: points(recipe, f"final_val_loss/{name}") for name in ("mean", "std", "count")}
        assert found["count"] == ([(0, len(losses))] if losses else [])
        assert found["mean"] == ([(0, statistics.fmean(losses))] if losses else [])
        assert found["std"] == ([(0, statistics.stdev(losses))] if len(losses) > 1 else [])


def test_the_figures_are_those_that_the_notes_of_a_recipe_tell() -> None:
    means = {run["name"]: found[0][1] for run in runs("GROUP") if (found := points(run, "final_val_loss/mean"))}

    assert round(means["20260518_soda_fade_3000_n9/code_logs"], 8) == 3.27541667
    assert round(means["20260508_klsoap_h_clean_tuple_sweep/b1095_sh090"], 5) == 3.27800


def test_a_training_told_twice_is_kept_and_said_to_be_told_twice() -> None:
    pieces = read_pieces()
    repeats = {run["tags"]["source_path"]: run for run in runs("TRAIN") if "same_points_as" in run["tags"]}
    batch = next(run for run in runs("GROUP") if run["name"] == "20260518_soda_fade_3000_n9")

    assert sum("same_points_as" in run["tags"] for run in runs("TRAIN")) == 17
    assert len(repeats) == 4
    for run in repeats.values():
        original = pieces[run["tags"]["same_points_as"], 1]
        assert {tuple(row[:2]) for row in pieces[where(run)]} <= {tuple(row[:2]) for row in original}
    assert points(batch, "final_val_loss/count") == [(0, 25.0)]
    assert points(batch, "final_val_loss/distinct") == [(0, 9.0)]


def test_all_119_notes_stand_on_recipes_word_for_word() -> None:
    texts = {path.name.replace("__", "/"): path.read_text(encoding="utf-8") for path in (FOLDER / "notes").iterdir()}
    found: dict[str, str] = {}
    for recipe in runs("GROUP"):
        names = [name for name in recipe["tags"].get("note_files", "").split(", ") if name]
        found |= dict(zip(names, [note["text"] for note in recipe["notes"]], strict=True))

    assert found == texts
    assert len(found) == 119


@pytest.mark.parametrize(
    ("file", "recipe"),
    [
        ("track_1_short/2026-04-22_MuddFormer/README.md", "2026-04-22_MuddFormer"),
        ("track_1_short/2026-06-11_RecursiveFromBest/this_pr/statistics.md", "2026-06-11_RecursiveFromBest/this_pr"),
        ("track_1_short/2026-05-20_BigramsSignTrick/baseline/statistics.md", "2026-05-20_BigramsSignTrick"),
        ("track_2_medium/2025-11-02-Smear-MTP/README.md", "2025-11-02-Smear-MTP"),
        ("track_3_optimization/README.md", "results"),
        ("track_3_optimization/results/20260506_trustlight/PR_SUMMARY.md", "20260506_trustlight"),
        (
            "track_3_optimization/results/20260513_shampoo_1_4_power/distributed_shampoo/utils/README.md",
            "20260513_shampoo_1_4_power",
        ),
    ],
)
def test_a_note_stands_on_the_nearest_recipe(file: str, recipe: str) -> None:
    standing = [run["name"] for run in runs("GROUP") if file in run["tags"].get("note_files", "").split(", ")]

    assert standing == [recipe]


def test_a_line_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for line in lines():
        if line["kind"] == "experiment":
            assert "MIT licence" in line["description"]
            seen.add(line["name"])
        elif line["kind"] == "metric_definition":
            assert line["experiment"] in seen
        elif line["kind"] == "lineage":
            ends = {edge[end]["run"] for edge in line["edges"] for end in ("source", "target")}
            assert ends <= seen
        else:
            assert line["experiment"] in seen
            assert line.get("parent") is None or line["parent"] in seen
            seen.add(line["id"])


def test_tracks_are_experiments_and_their_metrics_are_defined() -> None:
    kinds = Counter(run["experiment"] for run in runs("TRAIN"))
    goals = {
        (line["experiment"], line["key"]): (line["goal"], line["unit"])
        for line in lines()
        if line["kind"] == "metric_definition"
    }

    assert kinds == {"track_1_short": 370, "track_3_optimization": 940 - 370}
    assert {goals[track, "val_loss"] for track in kinds} == {("MIN", "nats")}
    assert goals["track_1_short", "train_time_ms"] == ("MIN", "ms")
    assert goals["track_3_optimization", "train_time_ms"] == ("MIN", "s")


def test_the_same_files_give_the_same_bytes() -> None:
    assert list(Demo().encode()) == list(Demo().encode())
