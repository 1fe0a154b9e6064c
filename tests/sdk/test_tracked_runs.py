"""A script logs, and the record has it: once, as it was meant, however the script ended."""

import pytest

from tests.sdk.scripts import RUN, Scripts, fetch_params, fetch_run, fetch_series
from tests.servers.service_process import ServiceProcess


def test_what_a_training_logs_is_in_the_record_when_it_ends(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url,
        f"""
        params = {{"lr": 0.02, "layers": [1, 2]}}
        with whence.init("gpt2", "seed 1", id="{RUN}", params=params, tags={{"team": "nlp"}}) as run:
            for step in range(1000):
                run.log({{"train_loss": 3 - step / 1000, "val/loss": float("nan")}}, step=step)
            run.note("Loss spike at 300.")
            run.log_params({{"lr": 0.01}})
        """,
    )

    run = fetch_run(service.url, RUN)
    assert (run["name"], run["status"], run["experiment"]["name"]) == ("seed 1", "FINISHED", "gpt2")
    assert run["tags"] == {"team": "nlp"}
    assert run["notes"] == ["Loss spike at 300."]
    assert fetch_params(service.url, RUN, "lr", "layers") == {"lr": 0.01, "layers": [1, 2]}
    series = fetch_series(service.url, RUN, "train_loss", "val/loss")
    assert series["train_loss"] == [(step, 3 - step / 1000) for step in range(1000)]
    assert series["val/loss"] == [(step, "NaN") for step in range(1000)]
    assert not scripts.spool.exists() or scripts.spooled == []


@pytest.mark.parametrize(
    ("ending", "code", "status", "error"),
    [
        ("raise ValueError('no such layer')", 1, "FAILED", "ValueError: no such layer"),
        ("import sys; sys.exit(3)", 3, "FAILED", "SystemExit: 3"),
        ("import sys; sys.exit()", 0, "FINISHED", None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", 130, "KILLED", None),
        ("pass", 0, "FINISHED", None),
    ],
)
def test_a_run_that_nobody_finished_says_how_its_script_ended(
    service: ServiceProcess, scripts: Scripts, ending: str, code: int, status: str, error: str | None
) -> None:
    scripts.run(
        service.url,
        f"""
        run = whence.init(id="{RUN}")
        run.log({{"loss": 1.5}})
        {ending}
        """,
        code_of_exit=code,
    )

    run = fetch_run(service.url, RUN)
    assert run["status"] == status
    assert run["tags"].get("error") == error
    assert fetch_series(service.url, RUN, "loss") == {"loss": [(0, 1.5)]}


def test_steps_that_are_left_out_count_on_also_in_a_later_attempt(service: ServiceProcess, scripts: Scripts) -> None:
    code = f"""
        run = whence.init(id="{RUN}")
        for value in range(3):
            run.log({{"loss": value, "nested": {{"acc": value}}}})
        """
    scripts.run(service.url, code)
    scripts.run(service.url, code)

    series = fetch_series(service.url, RUN, "loss", "nested/acc")
    assert series["loss"] == [(0, 0), (1, 1), (2, 2), (3, 0), (4, 1), (5, 2)]
    assert series["nested/acc"] == series["loss"]


def test_going_on_from_a_step_supersedes_what_came_after_it(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(
        service.url,
        f"""
        run = whence.init(id="{RUN}")
        for step in range(10):
            run.log({{"loss": 1}}, step=step)
        raise RuntimeError("crash")
        """,
        code_of_exit=1,
    )
    scripts.run(
        service.url,
        f"""
        run = whence.init(id="{RUN}", resume="must", resume_from_step=4)
        for step in range(5, 8):
            run.log({{"loss": 2}}, step=step)
        """,
    )

    assert fetch_series(service.url, RUN, "loss")["loss"] == [(s, 1) for s in range(5)] + [(s, 2) for s in (5, 6, 7)]
    assert fetch_run(service.url, RUN)["status"] == "FINISHED"


def test_an_id_that_must_be_new_and_is_not_leaves_the_other_run_alone(
    service: ServiceProcess, scripts: Scripts
) -> None:
    scripts.run(service.url, f'whence.init(id="{RUN}", name="first").finish()')
    said = scripts.run(service.url, f'whence.init(id="{RUN}", name="second", resume="never").finish()')

    assert "createRun was refused" in said
    assert fetch_run(service.url, RUN)["name"] == "first"
    assert len(list(scripts.spool.rglob("rejected/*.jsonl"))) == 1


def test_runs_of_one_group_share_a_parent_that_the_first_of_them_makes(
    service: ServiceProcess, scripts: Scripts
) -> None:
    ids = [RUN, RUN[:-1] + "2"]
    for run in ids:
        scripts.run(service.url, f'whence.init("sweep", id="{run}", group="seeds").finish()')

    parents = {fetch_run(service.url, run)["parent"]["uuid"] for run in ids}
    assert len(parents) == 1
    group = fetch_run(service.url, parents.pop())
    assert (group["kind"], group["name"]) == ("GROUP", "seeds")


def test_what_is_no_number_is_left_out_and_said_and_ends_no_training(service: ServiceProcess, scripts: Scripts) -> None:
    said = scripts.run(
        service.url,
        f"""
        class Scalar:
            def __float__(self):
                return 2.5

        run = whence.init(id="{RUN}", params={{"bad": float("nan"), "path": object, "text": "a\\0b\\ud800"}})
        run.log({{"loss": "three", "none": None, "": 1, "scalar": Scalar(), "flag": True, "huge": 10**400}})
        """,
    )

    assert "metric 'loss': str 'three' is no number; left out" in said
    series = fetch_series(service.url, RUN, "loss", "scalar", "flag", "huge")
    assert series == {"scalar": [(0, 2.5)], "flag": [(0, 1)], "huge": [(0, "Infinity")]}
    assert fetch_params(service.url, RUN, "bad")["bad"] == "nan"


def test_a_thousand_keys_at_one_step_arrive_together(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(service.url, f'whence.init(id="{RUN}").log({{f"layer{{n}}/norm": n for n in range(1000)}}, step=7)')

    assert fetch_series(service.url, RUN, "layer0/norm", "layer999/norm") == {
        "layer0/norm": [(7, 0)],
        "layer999/norm": [(7, 999)],
    }
