"""What a build server says of the build that a run is part of, and a container of its image."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SERVERS = {
    "GitHub Actions": (
        "GITHUB_ACTIONS",
        ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_WORKFLOW", "GITHUB_REF", "GITHUB_SHA"),
    ),
    "GitLab CI": (
        "GITLAB_CI",
        ("CI_PROJECT_PATH", "CI_PIPELINE_ID", "CI_JOB_ID", "CI_COMMIT_REF_NAME", "CI_COMMIT_SHA"),
    ),
    "Jenkins": ("JENKINS_URL", ("JOB_NAME", "BUILD_NUMBER", "GIT_BRANCH", "GIT_COMMIT")),
    "Azure Pipelines": (
        "TF_BUILD",
        ("BUILD_REPOSITORY_NAME", "BUILD_BUILDID", "BUILD_SOURCEBRANCH", "BUILD_SOURCEVERSION"),
    ),
    "CircleCI": ("CIRCLECI", ("CIRCLE_PROJECT_REPONAME", "CIRCLE_BUILD_NUM", "CIRCLE_BRANCH", "CIRCLE_SHA1")),
    "Buildkite": (
        "BUILDKITE",
        ("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER", "BUILDKITE_BRANCH", "BUILDKITE_COMMIT"),
    ),
}
"""Each server by name: the variable by which it is known, and those that say which build it is. None is a secret."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGES = ("WHENCE_IMAGE_DIGEST", "IMAGE_DIGEST", "CONTAINER_IMAGE", "DOCKER_IMAGE", "SINGULARITY_CONTAINER")


def read_build(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the server's name as `server` and its variables by their names; nothing where there is none."""
    for name, (mark, variables) in _SERVERS.items():
        if environment.get(mark):
            return {"server": name} | {key: environment[key] for key in variables if environment.get(key)}
    return {}


def read_image_digest(environment: Mapping[str, str]) -> str | None:
    """Return the digest of the container's image, where the environment says it: a container cannot see its own."""
    for name in _IMAGES:
        found = _DIGEST.search(environment.get(name, ""))
        if found is not None:
            return found[0]
    return None
