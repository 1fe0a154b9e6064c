#!/bin/sh
# Install Whence from the source tree in the current folder into a new environment: docker/install.sh TARGET
# The Dockerfile and tests/project/test_docker.py run these same steps.
set -eu
target="$1"
python="${PYTHON:-python3}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

pip_install() {
  "$1/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes -r "$2"
}

# The backend stays in an environment of its own, so that the image does not carry it.
"$python" -m venv "$work/build"
pip_install "$work/build" requirements/build.lock
"$work/build/bin/python" -m pip --disable-pip-version-check wheel --quiet --no-index --no-deps --no-build-isolation \
  --wheel-dir "$work/wheels" ./client .

"$python" -m venv "$target"
pip_install "$target" requirements/server.lock
"$target/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --no-deps "$work"/wheels/*.whl
"$target/bin/python" -m pip --disable-pip-version-check check
# Nothing is installed into the image later.
"$target/bin/python" -m pip --disable-pip-version-check uninstall --quiet --yes pip
