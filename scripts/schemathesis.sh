#!/usr/bin/env bash
# Asks the built service what its own description allows, and much that it does not: bash scripts/schemathesis.sh
# Fails at any 5xx that is not documented, and at any answer that is not as described. EXAMPLES and SEED change the run,
# RUNTIME=bun the runtime. Needs Python and a package index; where there is none it says so and succeeds, unless REQUIRED=1.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
examples=${EXAMPLES:-15}
seed=${SEED:-1}
runtime=${RUNTIME:-node}
# Outside of the repository, so that it lives from one run to the next.
venv=${TMPDIR:-/tmp}/sow-schemathesis-$version

skip() {
  echo "schemathesis is skipped: $1"
  exit "${REQUIRED:-0}"
}

if ! [ -x "$venv/bin/schemathesis" ]; then
  command -v python3 >/dev/null || skip 'there is no python3'
  rm -rf "$venv"
  python3 -m venv "$venv" || skip 'python3 cannot make a virtual environment'
  "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" 2>/dev/null || {
    rm -rf "$venv"
    skip "schemathesis $version cannot be installed from a package index"
  }
fi

log=$(mktemp)
command=(node)
[ "$runtime" = bun ] && command=(node_modules/.bin/bun --no-env-file)
# Addresses are made up by the test: short limits, or it would wait for each of them; and a storage that is not there.
export SOW_QWEN3_R2_ENDPOINT_URL=http://127.0.0.1:9 SOW_QWEN3_R2_ACCESS_KEY_ID=none SOW_QWEN3_R2_SECRET_ACCESS_KEY=none
SOW_QWEN3_PORT=0 SOW_QWEN3_FETCH_TIMEOUT_SECONDS=2 SOW_QWEN3_MAX_QUEUE=100 SOW_QWEN3_REQUEST_TIMEOUT_SECONDS=30 \
  "${command[@]}" dist/src/serve.js >"$log" 2>&1 &
service=$!
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null || true; rm -f "$log"' EXIT

for _ in $(seq 600); do
  url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$log" | head -1)
  [ -n "$url" ] && curl -sf "$url/health" >/dev/null && break
  kill -0 "$service" 2>/dev/null || break
  sleep 0.1
done
if ! [ -n "$url" ] || ! curl -sf "$url/health" >/dev/null; then
  echo 'The service did not become ready:' >&2
  cat "$log" >&2
  exit 1
fi

echo "schemathesis $version, $examples examples an operation, seed $seed, on $runtime"
# Every check is on but those that the configuration turns off; --checks all would turn them on again.
"$venv/bin/schemathesis" --config-file test/schemathesis.toml run "$url/openapi/json" \
  --max-examples "$examples" --seed "$seed" --workers 1 --max-failures 20 \
  --request-timeout 60 --suppress-health-check all --no-color "$@" || status=$?

if ! kill -0 "$service" 2>/dev/null; then
  echo 'The service has ended meanwhile:' >&2
  tail -20 "$log" >&2
  exit 1
fi

if grep -q '"code":"ALIGNMENT_FAILED"' "$log"; then
  echo 'The service failed inside:' >&2
  grep '"code":"ALIGNMENT_FAILED"' "$log" | head -5 >&2
  exit 1
fi
exit "${status:-0}"
