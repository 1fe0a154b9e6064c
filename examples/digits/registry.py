"""What is done with a finished model: a name and a version, an alias, an endpoint that serves it, and its end."""

from __future__ import annotations

from examples.digits.files import Stored
from examples.digits.journal import Journal, Ref, model

ENVIRONMENT = "production"


def register(journal: Journal, stored: Stored, name: str, version: str) -> Ref:
    """Give a file a place in the registry, and return the reference to it."""
    journal.write("register", name=name, version=version, artifact=stored.ref, at=journal.now())
    return model(name, version=version)


def set_alias(journal: Journal, name: str, alias: str, version: str) -> None:
    """Let an alias stand for a version from now on."""
    journal.write("alias", name=name, alias=alias, version=version, at=journal.now())


def deploy(journal: Journal, ref: Ref, endpoint: str, revision: str) -> None:
    """Let an endpoint serve a version from now on."""
    journal.write(
        "deploy", environment=ENVIRONMENT, endpoint=endpoint, revision=revision, serves=[ref], at=journal.now()
    )


def undeploy(journal: Journal, endpoint: str, revision: str) -> None:
    """Let a revision of an endpoint end now."""
    journal.write("undeploy", environment=ENVIRONMENT, endpoint=endpoint, revision=revision, at=journal.now())
