"""What the client makes of every answer it may get."""

from typing import Any

import pytest

from tests.client.scripted_server import Answer, in_turn, serve
from whence.failures import Problem, Unreachable, WhenceError
from whence.service import Service, require

FINE = Answer({"data": {"ok": {"token": "t"}}})


def _problem(*, retriable: bool, code: str = "UNAVAILABLE") -> Answer:
    problem = {"code": code, "message": "the queue is full", "path": ["input"], "retriable": retriable}
    return Answer({"data": {"ok": problem}})


def _error(code: str, status: int = 200, *, retriable: bool = False) -> Answer:
    extensions = {"code": code, "path": ["first"], "retriable": retriable}
    return Answer({"errors": [{"message": "no", "extensions": extensions}]}, status=status)


def test_data_comes_back_from_the_workspace_that_was_named() -> None:
    with serve(in_turn(FINE)) as server, Service(server.url + "/", workspace="my team", token="secret") as service:
        assert service.execute("{ ok }", {"a": 1}) == {"ok": {"token": "t"}}

    assert [request.path for request in server.requests] == ["/w/my%20team/graphql"]
    assert server.requests[0].body == {"query": "{ ok }", "variables": {"a": 1}}
    assert server.requests[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "passing",
    [
        Answer("busy", status=503, headers={"Retry-After": "0"}),
        Answer("<html>Bad Gateway</html>", status=502),
        Answer({"message": "slow down"}, status=429, headers={"Retry-After": "soon"}),
        _problem(retriable=True),
        _error("UNAVAILABLE", retriable=True),
        _error("UNAVAILABLE", 503, retriable=True),
    ],
)
def test_what_passes_is_tried_again(passing: Answer) -> None:
    with serve(in_turn(passing, passing, FINE)) as server, Service(server.url) as service:
        assert service.execute("{ ok }") == {"ok": {"token": "t"}}

    assert len(server.requests) == 3


def test_what_does_not_pass_in_time_is_told() -> None:
    with (
        serve(in_turn(Answer("busy", status=503))) as server,
        Service(server.url, patience=0.3) as service,
        pytest.raises(Problem, match=r"the service is busy \(HTTP 503\)"),
    ):
        service.execute("{ ok }")

    assert 2 <= len(server.requests) <= 5


def test_a_problem_that_stays_is_an_answer_and_not_tried_again() -> None:
    with serve(in_turn(_problem(retriable=False, code="CONFLICT"))) as server, Service(server.url) as service:
        data = service.execute("{ ok }")
        with pytest.raises(Problem, match=r"^the queue is full \(input: CONFLICT\)$"):
            require(data["ok"])

    assert len(server.requests) == 1


def test_an_error_of_graphql_is_raised_with_its_code_and_path() -> None:
    with (
        serve(in_turn(_error("INVALID_INPUT", 400))) as server,
        Service(server.url) as service,
        pytest.raises(Problem) as caught,
    ):
        service.execute("{ ok }")

    assert (caught.value.code, caught.value.path, caught.value.retriable) == ("INVALID_INPUT", ("first",), False)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("no", status=401), "wants an access token"),
        (Answer("<html>hello</html>"), "did not answer as Whence does: HTTP 200"),
        (Answer({"jobs": []}, status=404), "did not answer as Whence does: HTTP 404"),
        (Answer([1, 2]), "did not answer as Whence does: HTTP 200"),
        (Answer({"data": None}), "did not answer as Whence does: HTTP 200"),
    ],
)
def test_a_stranger_at_the_address_is_said_to_be_one(answer: Answer, said: str) -> None:
    with serve(in_turn(answer)) as server, Service(server.url) as service, pytest.raises(WhenceError, match=said):
        service.execute("{ ok }")


def test_large_bodies_go_compressed_but_not_on_loopback() -> None:
    large: dict[str, Any] = {"text": "a" * 100_000}
    with serve(in_turn(FINE)) as server:
        for compress in (None, True):
            with Service(server.url, compress=compress) as service:
                service.execute("{ ok }", large)
                service.execute("{ ok }", {"text": "small"})

    assert [request.headers.get("Content-Encoding") for request in server.requests] == [None, None, "gzip", None]
    assert [request.body["variables"] == large for request in server.requests] == [True, False, True, False]


def test_one_connection_serves_many_requests() -> None:
    with serve(in_turn(FINE)) as server, Service(server.url) as service:
        for _ in range(5):
            service.execute("{ ok }")

    assert len(server.connections) == 1


def test_nothing_at_the_address_is_told_with_the_address() -> None:
    said = r"no answer from http://127\.0\.0\.1:9: .*Is the service running"
    with Service("http://127.0.0.1:9", patience=0) as service, pytest.raises(Unreachable, match=said):
        service.execute("{ ok }")


@pytest.mark.parametrize("url", ["127.0.0.1:8900", "ftp://host", "", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(WhenceError, match="is not the address of a service"):
        Service(url)
