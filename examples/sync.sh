#!/bin/sh
# One sync with docker alone. FOLDER holds config.json; the first sync reads everything, each later one goes on where
# the last one stopped. Rows are appended to FOLDER/records.jsonl, a JSON message a line.
#
#   examples/sync.sh FOLDER
#
# Give it a token, not an authorization code: a code works once, and what it was exchanged for would stay in
# FOLDER/messages.jsonl alone. `source-tiktok-ads authorize` writes a config.json with the token.
#
# IMAGE names another image; DOCKER_OPTIONS is added to `docker run`.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

connector() {
    # The user of the shell, because a configuration with secrets is readable by its owner alone.
    # shellcheck disable=SC2086
    docker run --rm --user "$(id -u):$(id -g)" --volume "$folder:/secrets:ro" ${DOCKER_OPTIONS:-} \
        "${IMAGE:-airbyte/source-tiktok-ads:dev}" "$@"
}

[ -f "$folder/catalog.json" ] || cp "$here/configured_catalog.json" "$folder/catalog.json"

connector check --config /secrets/config.json >"$folder/check.jsonl"
grep -q '"status":"SUCCEEDED"' "$folder/check.jsonl" || { cat "$folder/check.jsonl"; exit 1; }

set -- read --config /secrets/config.json --catalog /secrets/catalog.json
[ ! -f "$folder/state.json" ] || set -- "$@" --state /secrets/state.json
status=0
connector "$@" >"$folder/messages.jsonl" || status=$?

# Rows first, then the state that claims them. A sync that failed has sent both, and the next one goes on from there.
grep '^{"type":"RECORD"' "$folder/messages.jsonl" >>"$folder/records.jsonl" || true
touch "$folder/states.jsonl"
grep '^{"type":"STATE"' "$folder/messages.jsonl" | cat "$folder/states.jsonl" - |
    awk -F '"name":"' '{ split($2, name, "\""); last[name[1]] = $0 } END { for (each in last) print last[each] }' \
        >"$folder/states.new"
mv "$folder/states.new" "$folder/states.jsonl"
{ echo '['; sed '$!s/$/,/' "$folder/states.jsonl"; echo ']'; } >"$folder/state.json"
exit "$status"
