# Sourced by run and test: finds a Python that TensorFlow supports and makes .venv with it.
# shellcheck shell=bash

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="${BOXWRIGHT_VENV:-$PROJECT/.venv}"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# A suitable Python is 3.10 to 3.13 and 64 bit; python3 comes first because its venv package is the likeliest to be there.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.10; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(not ((3, 10) <= sys.version_info < (3, 14) and sys.maxsize > 2**32))' \
            >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "No Python 3.10 to 3.13 was found (TensorFlow supports no other). On Debian or Ubuntu:
    sudo apt-get install python3 python3-venv
and where that gives another version, on Ubuntu:
    sudo add-apt-repository ppa:deadsnakes/ppa && sudo apt-get install python3.13 python3.13-venv
or point to one: PYTHON=/path/to/python3.12 $0"
}

make_venv() {
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python version
    python="$(find_python)"
    version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        fail "Python $version is here, but it cannot make environments. On Debian or Ubuntu:
    sudo apt-get install python$version-venv"
    fi
    echo "Making $VENV with Python $version"
    "$python" -m venv --clear "$VENV" || fail "The environment could not be made; see above."
}

# install_project [EXTRA]: installs the checkout, unless the same was installed before and setup.cfg has not changed since.
install_project() {
    local extra="${1:-}" stamp wanted
    stamp="$VENV/.boxwright-installed"
    wanted="$(cat "$PROJECT/setup.cfg" "$PROJECT/pyproject.toml" | cksum) $PROJECT"
    if [ -f "$stamp" ] && grep -qxF "$wanted ${extra:-none}" "$stamp"; then
        return
    fi
    echo "Installing Boxwright and what it needs (TensorFlow is 600 MB to download; minutes on a slow line)"
    local target="$PROJECT"
    [ -z "$extra" ] || target="${PROJECT}[$extra]"
    with_patience "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --quiet --editable "$target"
    echo "$wanted ${extra:-none}" >>"$stamp"
}

# Runs a quiet command; says every 20 s that it is still at work.
with_patience() {
    "$@" &
    local child=$! waited=0
    # bash starts background commands deaf to Ctrl+C
    trap 'kill "$child" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$child" 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
        if [ $((waited % 20)) -eq 0 ]; then
            echo "    ... still at it after $waited s"
        fi
    done
    trap - INT TERM
    wait "$child" || fail "The installation failed; see above. Fix it, then run $0 again: it continues from there."
}

# What labelImg's window needs on Debian and Ubuntu to be tested on a screen that nobody sees.
SCREEN_PACKAGES="xvfb libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0 fonts-dejavu-core"

# Installs them where that needs no question; the tests say what they draw on.
install_screen() {
    local root="" package missing="" installed
    command -v apt-get >/dev/null 2>&1 || return 0
    # newer systems call libglib2.0-0 libglib2.0-0t64, which provides it
    installed="$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides} \n' | tr ',()=' ' ' | grep '^installed ')"
    for package in $SCREEN_PACKAGES; do
        grep -qF " $package " <<<"$installed" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || {
            echo "labelImg's window is tested in memory only. To test it on a virtual screen:"
            echo "    sudo apt-get install$missing"
            return 0
        }
        root="sudo"
    fi
    echo "Installing what a window needs:$missing"
    # shellcheck disable=SC2086
    $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq $missing >/dev/null ||
        echo "That failed; labelImg's window is tested in memory."
}
