"""Forks, children of multiprocessing, and the ranks of a launcher."""

import subprocess

from tests.sdk.scripts import RUN, Scripts, fetch_run, fetch_series
from tests.servers.service_process import ServiceProcess
from whence.ids import make_named


def test_a_forked_child_writes_as_itself_and_the_parent_loses_and_doubles_nothing(
    service: ServiceProcess, scripts: Scripts
) -> None:
    scripts.run(
        service.url,
        f"""
        import os
        run = whence.init(id="{RUN}")
        for step in range(100):
            run.log({{"parent": step}}, step=step)
        pid = os.fork()
        if pid == 0:
            for step in range(100):
                run.log({{"child": step}}, step=step)
            run.finish()
            os._exit(0)
        os.waitpid(pid, 0)
        for step in range(100, 200):
            run.log({{"parent": step}}, step=step)
        """,
    )

    series = fetch_series(service.url, RUN, "parent", "child")
    assert series["parent"] == [(step, step) for step in range(200)]
    assert series["child"] == [(step, step) for step in range(100)]
    assert fetch_run(service.url, RUN)["status"] == "FINISHED"


def test_children_of_multiprocessing_lose_nothing_though_they_end_without_a_word(
    service: ServiceProcess, scripts: Scripts
) -> None:
    scripts.run(
        service.url,
        f"""
        import multiprocessing

        def work(number):
            for step in range(50):
                run.log({{f"worker{{number}}": step}}, step=step)

        run = whence.init(id="{RUN}")
        fork = multiprocessing.get_context("fork")
        workers = [fork.Process(target=work, args=(n,)) for n in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        """,
    )
    scripts.sync()

    keys = ["worker0", "worker1", "worker2"]
    assert fetch_series(service.url, RUN, *keys) == {key: [(step, step) for step in range(50)] for key in keys}


def _start_ranks(scripts: Scripts, url: str, *, restart: int, fail: bool) -> list[subprocess.Popen[str]]:
    return [
        scripts.start(
            url,
            f"""
            run = whence.init("ranks", all_ranks={rank % 2 == 0}, resume_from_step={9 if restart else None})
            for step in range({10 if restart else 0}, {20 if restart else 12}):
                run.log({{"loss": step + {100 * restart}}}, step=step)
            {"raise RuntimeError('node lost')" if fail else "run.finish()"}
            """,
            environment={
                "RANK": str(rank),
                "WORLD_SIZE": "8",
                "TORCHELASTIC_RUN_ID": "job-17",
                "TORCHELASTIC_RESTART_COUNT": str(restart),
            },
        )
        for rank in range(8)
    ]


def test_eight_ranks_of_a_launcher_are_one_run_and_its_restart_is_the_next_attempt(
    service: ServiceProcess, scripts: Scripts
) -> None:
    for restart in (0, 1):
        for process in _start_ranks(scripts, service.url, restart=restart, fail=restart == 0):
            _, said = process.communicate(timeout=120)
            assert process.returncode == (0 if restart else 1), said
    scripts.sync()

    run = str(make_named("launch", "torchelastic job-17", 1))
    series = fetch_series(service.url, run, "loss", "rank/2/loss", "rank/3/loss")
    assert series["loss"] == [(s, s) for s in range(10)] + [(s, s + 100) for s in range(10, 20)]
    assert series["rank/2/loss"] == series["loss"]
    assert "rank/3/loss" not in series, "this rank did not ask to write"
    assert fetch_run(service.url, run)["status"] == "FINISHED"
