"""The data we carry is the data that was published, counted as its README counts it."""

import hashlib
from pathlib import Path

from tests.demo.published import FOLDER, count_falls, read_logs, read_pieces

NOTHING = hashlib.sha256(b"").hexdigest()


def test_there_are_756_logs_in_84_groups_each_known_by_its_path() -> None:
    logs = read_logs()

    assert len(logs) == 756
    assert len({log["group"] for log in logs}) == 84
    assert len({log["source_path"] for log in logs}) == 756
    assert len({log["run"] for log in logs}) == 756 - 7 - 7


def test_the_logs_are_940_trainings_733_alone_and_207_from_fifteen() -> None:
    pieces = read_pieces()
    several = [log for log in read_logs() if count_falls(log["val"])]
    short = [log for log in read_logs() if log["source_path"].endswith("/final_val_loss.txt")]

    assert len(pieces) == 940
    assert len(several) == 15
    assert sum(count_falls(log["val"]) + 1 for log in several) == 207
    assert [count_falls(log["train"]) for log in read_logs()] == [0] * 756
    assert len(short) == 8
    assert all(len(log["val"]) == 1 and not log["train"] for log in short)


def test_each_short_file_repeats_the_last_value_of_its_neighbour() -> None:
    pieces = read_pieces()
    short = [log for log in read_logs() if log["source_path"].endswith("/final_val_loss.txt")]

    assert [log["val"][0] for log in short] == [
        pieces[str(Path(log["source_path"]).with_name("stdout.txt")), 1][-1] for log in short
    ]


def test_of_718410_rows_102081_have_a_loss_and_616329_have_a_clock_only() -> None:
    val = [row for log in read_logs() for row in log["val"]]
    train = [row for log in read_logs() for row in log["train"]]

    assert len(val) + len(train) == 718_410
    assert sum(row[1] is not None for row in val + train) == 102_081
    assert sum(row[1] is None for row in train) == 616_329
    assert sum(any(row[1] is not None for row in log["train"]) for log in read_logs()) == 42


def test_where_both_kinds_of_row_print_a_step_the_validation_clock_is_never_behind() -> None:
    shared = []
    for log in read_logs():
        train = {row[0]: row[2] for row in log["train"]}
        shared += [(train[row[0]], row[2]) for row in log["val"] if row[0] in train]

    assert len(shared) == 4_433
    assert all(before <= after for before, after in shared)


def test_there_are_twelve_hyper_parameters_and_123_digests_one_of_them_of_nothing() -> None:
    logs = read_logs()

    assert len({key for log in logs for key in log["hparams"]}) == 12
    assert len({log["code_sha256"] for log in logs}) == 123
    assert sum(log["code_sha256"] == NOTHING for log in logs) == 4


def test_there_are_119_notes_and_nobody_has_touched_them() -> None:
    notes = sorted((FOLDER / "notes").iterdir())
    digest = hashlib.sha256()
    for note in notes:
        digest.update(note.name.encode() + b"\0" + hashlib.sha256(note.read_bytes()).digest())

    assert len(notes) == 119
    assert digest.hexdigest() == "e9c33a12dbf380d01773407fc00d8a7c867dea60092f652c2ee17d17bdfb54d9"
