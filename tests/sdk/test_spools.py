"""What the service did not take lies on disk and is sent later, once: by the next process, or by `whence sync`."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.client.scripted_server import Answer, serve
from tests.sdk.scripts import NOWHERE, RUN, Scripts, fetch_run, fetch_series
from tests.servers.service_process import ServiceProcess, run_service_process, start_and_kill

LOG = f"""
    run = whence.init(id="{RUN}", resume="allow")
    for step in range(200):
        run.log({{"loss": step}}, step=step)
    run.note("kept")
    """


def test_a_training_without_a_service_ends_well_and_is_sent_by_sync(service: ServiceProcess, scripts: Scripts) -> None:
    offline = {"WHENCE_MODE": "offline"}
    said = scripts.run(service.url, LOG, environment=offline)
    assert "wait in" in said
    assert len(scripts.spooled) == 1

    assert "sent         1 of 1" in scripts.sync()

    assert fetch_series(service.url, RUN, "loss")["loss"] == [(step, step) for step in range(200)]
    assert fetch_run(service.url, RUN)["notes"] == ["kept"]
    assert scripts.spooled == []
    assert "sent         0 of 0" in scripts.sync()


def test_a_service_that_is_away_does_not_keep_a_script_from_ending(scripts: Scripts) -> None:
    said = scripts.run(NOWHERE, LOG, environment={"WHENCE_EXIT_WAIT": "5"})  # so long a first try may take

    assert "no answer from http://127.0.0.1:9" in said
    assert "1 of 1" not in scripts.sync(code_of_exit=3)
    assert len(scripts.spooled) == 1


def test_the_next_process_of_a_run_sends_what_the_one_before_it_left_first(
    service: ServiceProcess, scripts: Scripts
) -> None:
    scripts.run(service.url, LOG + '\n    run.set_tags({"who": "first"})', environment={"WHENCE_MODE": "offline"})
    scripts.run(service.url, f'whence.init(id="{RUN}", tags={{"who": "second"}}).finish()')

    assert len(fetch_series(service.url, RUN, "loss")["loss"]) == 200
    assert fetch_run(service.url, RUN)["tags"] == {"who": "second"}
    assert scripts.spooled == []


def test_a_script_that_is_killed_loses_nothing_that_it_flushed(
    service: ServiceProcess, scripts: Scripts, is_long: bool
) -> None:
    rounds = 50 if is_long else 5
    moments = random.Random(8)
    expected: dict[str, list[tuple[int, int]]] = {}
    for number in range(rounds):
        key = f"loss{number}"
        with scripts.start(
            service.url,
            f"""
            run = whence.init(id="{RUN}", resume="allow")
            step = 0
            while True:
                run.log({{"{key}": step}}, step=step)
                step += 1
                if step % 500 == 0:
                    run.flush()
                    print(step, flush=True)
            """,
        ) as process:
            assert process.stdout is not None
            flushed = [int(process.stdout.readline()) for _ in range(1 + number % 7)][-1]
            time.sleep(moments.uniform(0, 0.1))
            process.kill()
        expected[key] = [(step, step) for step in range(flushed)]
    scripts.sync()

    found = fetch_series(service.url, RUN, *expected)
    for key, points in expected.items():
        assert found[key][: len(points)] == points
        assert [step for step, _ in found[key]] == list(range(len(found[key]))), "each point once"


def test_a_service_that_is_killed_again_and_again_gets_every_point_once(
    database_url: str, scripts: Scripts, tmp_path: Path, is_long: bool
) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    with run_service_process(database_url, folder) as first:
        url = first.url
        port = url.rsplit(":", 1)[1]
        training = scripts.start(
            url,
            f"""
            import time
            run = whence.init(id="{RUN}")
            for step in range(6000):
                run.log({{"loss": step}}, step=step)
                time.sleep(0.001)
            """,
            environment={"WHENCE_EXIT_WAIT": "120"},
        )
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    start_and_kill(database_url, folder, port=port, times=10 if is_long else 2, after_s=0.7)
    with run_service_process(database_url, folder, arguments=["--port", port]):
        _, said = training.communicate(timeout=120)
        assert training.returncode == 0, said
        assert "wait in" not in said
        assert fetch_series(url, RUN, "loss")["loss"] == [(step, step) for step in range(6000)]


def test_a_torn_record_and_what_is_no_record_are_skipped(service: ServiceProcess, scripts: Scripts) -> None:
    scripts.run(service.url, LOG, environment={"WHENCE_MODE": "offline"})
    (path,) = scripts.spooled
    whole = path.read_bytes()
    path.write_bytes(whole + b"\x89Wh1\x00\x00\x01\x00torn")
    empty = path.with_name("0000000000001-x-0000.spool")
    empty.write_bytes(b"\x89Wh")

    scripts.sync()

    assert fetch_series(service.url, RUN, "loss")["loss"] == [(step, step) for step in range(200)]
    assert scripts.spooled == []


def test_the_spool_of_a_living_process_is_left_alone(service: ServiceProcess, scripts: Scripts) -> None:
    with scripts.start(
        service.url,
        LOG + "\n    run.flush()\n    print('ready', flush=True)\n    input()",
        environment={"WHENCE_MODE": "offline"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        held = scripts.sync()
        process.kill()

    assert "sent         0 of 1" in held
    assert "sent         1 of 1" in scripts.sync()


def test_a_request_that_is_refused_for_good_is_set_aside_and_the_others_go_on(
    service: ServiceProcess, scripts: Scripts
) -> None:
    said = scripts.run(
        service.url,
        f"""
        run = whence.init(id="{RUN}")
        run.log({{"loss": 1}}, step=2**63)
        run.note("x" * (2 << 20))
        run.set_tags({{"after": "yes"}})
        """,
    )

    assert "logBatch was refused" in said
    assert fetch_series(service.url, RUN, "loss")["loss"] == [(0, 1)], "what is no step counts as left out"
    assert fetch_run(service.url, RUN)["tags"] == {"after": "yes"}
    assert fetch_run(service.url, RUN)["status"] == "FINISHED"


@pytest.mark.parametrize("status", [401, 403, 500, 502, 503])
def test_an_answer_that_may_pass_keeps_everything(scripts: Scripts, status: int) -> None:
    with serve(lambda _: Answer({"message": "no"}, status=status)) as server:
        scripts.run(server.url, LOG, environment={"WHENCE_EXIT_WAIT": "0.5"})

    assert len(scripts.spooled) == 1
    assert list(scripts.spool.rglob("rejected/*")) == []


def test_a_full_disk_ends_no_training_and_the_service_gets_what_the_disk_did_not(
    service: ServiceProcess, scripts: Scripts
) -> None:
    said = scripts.run(
        service.url,
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        run = whence.init(id="{RUN}")
        for step in range(2000):
            run.log({{"loss": step, "acc": step * 0.37}}, step=step)
        """,
    )

    assert "takes nothing" in said
    assert [step for step, _ in fetch_series(service.url, RUN, "loss")["loss"]] == list(range(2000))


def test_a_proxy_that_drops_answers_doubles_nothing(service: ServiceProcess, scripts: Scripts) -> None:
    from tests.sdk.proxies import unreliable

    with unreliable(service.url, seed=7) as proxy:
        scripts.run(
            proxy,
            f"""
            run = whence.init(id="{RUN}")
            for step in range(30):
                run.log({{"loss": step}}, step=step)
                run.note(f"note {{step}}")
            """,
            environment={"WHENCE_EXIT_WAIT": "120"},
        )

    assert fetch_series(service.url, RUN, "loss")["loss"] == [(step, step) for step in range(30)]
    assert sorted(fetch_run(service.url, RUN)["notes"]) == sorted(f"note {step}" for step in range(30))
    assert not list(scripts.spool.rglob("*.jsonl"))
    assert scripts.spooled == []
