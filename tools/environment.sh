# shellcheck shell=bash
# Shared by ./run and ./test, which set `me` and `here` (the checkout) and source it: makes .venv and keeps it up to date.

# With standard input closed, the next file that any program opens would become its input.
{ : <&0; } 2>/dev/null || exec </dev/null

say() { echo "$me: $*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif ! command -v sudo >/dev/null; then return 1
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@" 2>/dev/null
    fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    as_root "${apt[@]}" update >/dev/null || true # what is listed already may do
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

# Prints the first Python that is new enough and has what `python -m venv` needs (Debian packs ensurepip apart).
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    if ! python=$(find_python); then
        say "installing Debian's python3-venv"
        apt_install python3 python3-venv || true
        python=$(find_python) || {
            say "needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3 python3-venv)"
            return 1
        }
    fi
    "$python" -m venv --clear .venv
}

# What .venv was made from. The checkout's path is part of it, because an editable install points there.
fingerprint() { { cat pyproject.toml && .venv/bin/python -V && pwd; } 2>/dev/null | sha256sum | cut -d ' ' -f 1; }

is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$(fingerprint)" ]; }

# prepare run|test: .venv then holds detente (editable) and, for "test", the tools that testing needs.
prepare() (
    cd "$here"
    local extra='' stamp=.venv/stamp-run
    if [ "$1" = test ]; then extra='[dev]' stamp=.venv/stamp-test; fi
    if is_stamped .venv/stamp-test || is_stamped "$stamp"; then exit; fi

    if command -v flock >/dev/null; then # two at once would install over each other
        exec 9<pyproject.toml
        flock 9
        if is_stamped .venv/stamp-test || is_stamped "$stamp"; then exit; fi
    fi
    say "setting up .venv (a minute or two the first time, and when pyproject.toml has changed)"
    if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then make_venv; fi
    rm -f .venv/stamp-*
    .venv/bin/python -m pip install -q --disable-pip-version-check -e ".$extra"
    fingerprint >"$stamp"
)
