#!/bin/sh
# Makes the virtual environment $VENV; called by the Makefile.
# Takes $PYTHON, or the first of the usual names that is a Python of a version that fits.
set -eu

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ -z "${PYTHON:-}" ]; then
    for name in python3 python3.13 python3.12 python3.11; do
        if fits "${name}"; then
            PYTHON=${name}
            break
        fi
    done
fi
if [ -z "${PYTHON:-}" ]; then
    echo "error: found no Python 3.11, 3.12 or 3.13; install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12" >&2
    exit 2
fi
if ! fits "${PYTHON}"; then
    echo "error: ${PYTHON} is no Python 3.11 to 3.13; name another: make PYTHON=/path/to/python3.12" >&2
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
echo "Making the virtual environment ${VENV} with $("${PYTHON}" --version) ..."
"${PYTHON}" -m venv "${VENV}"
