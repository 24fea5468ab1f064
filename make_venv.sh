#!/bin/sh
# Makes the virtual environment $VENV with $PYTHON; called by the Makefile.
set -eu

if [ -z "${PYTHON}" ]; then
    echo "error: no Python found; install Python 3.11, 3.12 or 3.13 (Debian: apt-get install python3 python3-venv)." >&2
    exit 2
fi
if ! "${PYTHON}" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    echo "error: ${PYTHON} is $("${PYTHON}" --version 2>&1); expected Python 3.11 to 3.13. Name another: make PYTHON=/path/to/python3.12" >&2
    exit 2
fi
# Debian ships venv in a package of its own
if ! "${PYTHON}" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("${PYTHON}" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing ${package} ..."
        apt-get update -qq && apt-get install -y -qq "${package}" >/dev/null
    else
        echo "error: ${PYTHON} has no venv; install it with: sudo apt-get install ${package}" >&2
        exit 2
    fi
fi
echo "Making the virtual environment ${VENV} with ${PYTHON} ..."
"${PYTHON}" -m venv "${VENV}"
