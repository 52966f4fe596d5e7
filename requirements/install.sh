#!/bin/sh
# Makes a virtual environment from a hashed lock, or does nothing when it is there already.
#
#   sh requirements/install.sh LOCK FOLDER      sh requirements/install.sh base .venv
#
# Nothing is installed outside FOLDER. Says in one line what is missing: a Python, its venv module, room, the right to
# write. PYTHON names an interpreter to use instead of the first of 3.11 to 3.14 that is found.
set -eu

lock=$1
folder=$2
cd "$(dirname "$0")/.."

fail() {
    printf 'courant: %s\n' "$*" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
}

# What the environment was made from: another lock, another package layout or another Python makes it anew.
state() {
    {
        cat "requirements/$lock.txt"
        sed -n '/^\[build-system\]/,/^$/p; /^\[tool.hatch/,/^$/p; /^version/p' pyproject.toml
        "$folder/bin/python" -V
        pwd
    } | cksum
}

stamp="$folder/.installed-$lock"
if [ -x "$folder/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state)" ]; then
    exit 0
fi

python=$(find_python)
if [ -z "$python" ]; then
    found=$(python3 -V 2>/dev/null || echo "no python3")
    fail "Courant needs Python 3.11 or newer and found $found. Install it (Debian, Ubuntu: apt-get install python3 python3-venv), or set PYTHON to one."
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv)."
# shellcheck disable=SC2015
mkdir -p "$folder" 2>/dev/null && : 2>/dev/null >"$folder/.probe" && rm "$folder/.probe" ||
    fail "Cannot write to $(pwd)/$folder: copy Courant to a folder that can be written to."
free=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1024) }')
[ "$free" -ge 700 ] ||
    fail "No disk space: $(pwd) has $free MB free and the packages need 700 MB. Make room and try again."

log="$folder/install.log"
run() {
    "$@" >>"$log" 2>&1 && return
    if grep -q 'No space left on device' "$log"; then
        fail "No disk space left while installing into $(pwd)/$folder. Make room and try again."
    fi
    tail -n 15 "$log" >&2
    fail "Installing the packages failed, see above and $log."
}

: >"$log"
printf 'Making %s from requirements/%s.txt with %s\n' "$folder" "$lock" "$("$python" -V)"
rm -f "$folder"/.installed-*
if ! is_new_enough "$folder/bin/python"; then
    run "$python" -m venv --clear "$folder"
elif ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    run "$folder/bin/python" -m ensurepip
fi
# --no-deps: the lock is complete, and with hashes pip would only find that out again.
run "$folder/bin/python" -m pip install --disable-pip-version-check --require-hashes --no-deps -r "requirements/$lock.txt"
run "$folder/bin/python" -m pip install --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
state >"$stamp"
# The lock of the tests holds every package of the others, that of sentence vectors every package of the base.
case $lock in
test) contained="base semantic" ;;
semantic) contained=base ;;
*) contained="" ;;
esac
for lock in $contained; do
    state >"$folder/.installed-$lock"
done
