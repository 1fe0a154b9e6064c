"""`whence.init`: a run from what the script, the environment and the launcher say."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any, Literal
from uuid import UUID

from whence.failures import WhenceError
from whence.ids import make_named, make_uuid7
from whence.settings import SNAPSHOT_PARTS, Settings, read_settings
from whence.snapshot.seeds import SEEDS
from whence.tracking.documents import make_params, make_tags
from whence.tracking.exits import EXITS
from whence.tracking.ranks import Launch, read_launch
from whence.tracking.runs import Run, SilentRun
from whence.tracking.sessions import Destination
from whence.tracking.writing import drop_none

Resume = Literal["allow", "must", "never"]
_begun = 0


def init(
    experiment: str | None = None,
    name: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    id: str | UUID | None = None,
    resume: Resume | None = None,
    resume_from_step: int | None = None,
    parent: Run | str | UUID | None = None,
    group: str | None = None,
    forked_from: Run | str | UUID | None = None,
    fork_step: int | None = None,
    kind: str = "TRAIN",
    description: str | None = None,
    all_ranks: bool = False,
    snapshot: bool | Collection[str] | None = None,
    system: bool | None = None,
    console: bool | None = None,
    settings: Settings | None = None,
) -> Run:
    """Begin a run and return it at once; the service need not be there.

    `experiment` names where it belongs (WHENCE_EXPERIMENT, else `default`). `id` is a UUID of your choice
    (WHENCE_RUN_ID; else made here, the same in all processes and restarts of one launch). `resume` says what to do if
    the run is there already: `allow` makes a new attempt of it, `must` refuses to make a new run, `never` refuses to
    go on; it is `allow` where an id is given and `never` where none is. `resume_from_step` supersedes earlier points
    above that step. `group` is the name of a run of kind GROUP that becomes the parent, made if it is absent.
    `forked_from` is the run that this one goes on from, under a name of its own, and `fork_step` the step of that run
    at which it does. Of several ranks only rank 0 writes, unless `all_ranks`: then the keys of the others begin with
    `rank/N/`.
    `snapshot` says which parts of the surroundings are recorded (`git`, `packages`, `machine`, `build`; True: all,
    False: none; else WHENCE_SNAPSHOT), `system` whether the machine's use is logged every ten seconds,
    `console` whether what is printed is recorded.
    Raises `WhenceError` for arguments that cannot be meant.
    """
    said = settings or read_settings()
    launch = read_launch(os.environ)  # noqa: TID251
    run_id, is_known = _choose_id(id, said, launch)
    if said.mode == "disabled" or (launch.rank and not all_ranks) or _is_loader_worker():
        return SilentRun(run_id, experiment or said.experiment)
    if resume is None:
        resume = "allow" if is_known else "never"
    attempt, after = _choose_attempt(run_id, launch, is_known=is_known)
    resumes = is_known and resume != "never"
    experiment = experiment or said.experiment
    run = Run(
        Destination(
            said.url,
            said.workspace,
            said.token,
            said.spool_folder,
            offline=said.mode == "offline",
            upload_wait=said.upload_wait,
        ),
        id=run_id,
        experiment=experiment,
        attempt=attempt,
        exit_wait=said.exit_wait,
        counts_steps=not resumes,
        prefix=f"rank/{launch.rank}/" if launch.rank else "",
        owns=launch.rank == 0,
    )
    made = _describe(experiment, name=name, kind=kind, description=description)
    if parent is not None or group is not None:
        made["parent"] = _find_parent(run, experiment, parent=parent, group=group, workspace=said.workspace)
    again = drop_none(
        {"attempt": str(attempt), "after": after, "restartCount": launch.restart, "fromStep": resume_from_step}
    )
    run.create(made, resumes=again if resumes else None, must_exist=resume == "must", is_ours=not is_known)
    contents = {"params": make_params(params or {}), "tags": make_tags(tags or {})}
    if any(contents.values()):
        run.log_contents({key: value for key, value in contents.items() if value})
    if forked_from is not None:
        run.continue_from(forked_from.id if isinstance(forked_from, Run) else forked_from, step=fork_step)
    run.send_left_files()
    _watch(run, _choose_parts(said, given=snapshot), system=said.system if system is None else system)
    if said.console if console is None else console:
        run.capture_console()
    EXITS.add(run)
    return run


def _watch(run: Run, parts: Collection[str], *, system: bool) -> None:
    """Look at what the run runs in, once, and every ten seconds at how busy it is."""
    run.take_snapshot(parts, os.environ)  # noqa: TID251
    if SEEDS.seed is not None:
        run.note_seed(SEEDS.seed)
    if system:
        run.watch_system()


def _choose_parts(said: Settings, *, given: bool | Collection[str] | None) -> Collection[str]:
    if given is None:
        return said.snapshot
    if isinstance(given, bool):
        return SNAPSHOT_PARTS if given else ()
    unknown = set(given) - set(SNAPSHOT_PARTS)
    if unknown:
        raise WhenceError(f"snapshot names {', '.join(sorted(unknown))}; parts are {', '.join(SNAPSHOT_PARTS)}")
    return given


def _choose_id(given: str | UUID | None, said: Settings, launch: Launch) -> tuple[UUID, bool]:
    """Return the run's id, and whether the run may be there already."""
    global _begun  # noqa: PLW0603  # how many runs this process has begun: a second one is another run of the launch
    _begun += 1
    text = given or said.run_id
    if text is None:
        if launch.id is None:
            return make_uuid7(), False
        return make_named("launch", launch.id, _begun), True
    try:
        return (text if isinstance(text, UUID) else UUID(str(text))), True
    except ValueError:
        raise WhenceError(f"{str(text)[:80]!r} is not the id of a run: it should be a UUID") from None


def _choose_attempt(run: UUID, launch: Launch, *, is_known: bool) -> tuple[UUID, str | None]:
    """Return the id of this attempt and of the one before it, where the launcher tells them apart."""
    if not is_known or launch.id is None:
        return make_uuid7(), None
    before = make_named("attempt", run, launch.restart - 1) if launch.restart else None
    return make_named("attempt", run, launch.restart), None if before is None else str(before)


def _describe(experiment: str, *, name: str | None, kind: str, description: str | None) -> dict[str, Any]:
    return drop_none(
        {
            "experiment": experiment,
            "name": name,
            "kind": kind.upper(),
            "description": description,
            "createdBy": _read_user(),
            "host": socket.gethostname(),
            "startedAt": datetime.now(timezone.utc).isoformat(),
        }
    )


def _find_parent(run: Run, experiment: str, *, parent: object, group: str | None, workspace: str) -> str:
    if parent is not None:
        if group is not None:
            raise WhenceError("a run has one parent: give `parent` or `group`, not both")
        return str(parent.id if isinstance(parent, Run) else parent)
    made = make_named("group", workspace, experiment, group)
    fields = {"id": str(made), "experiment": experiment, "name": group, "kind": "GROUP"}
    run.add_request("createRun", fields, may_exist=True)
    return str(made)


def _is_loader_worker() -> bool:
    """Say whether this process only loads data for PyTorch."""
    data = sys.modules.get("torch.utils.data")
    return data is not None and data.get_worker_info() is not None


def _read_user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None
