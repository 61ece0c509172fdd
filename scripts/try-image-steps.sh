#!/usr/bin/env bash
# Takes the steps of the Dockerfile by hand, for machines without a container engine: installs in an empty folder, then
# runs the service from a read-only mount as an unprivileged user, with nothing writable but its cache, and aligns a
# recording. Needs root (for the user and the mount) and Linux.
#   bash scripts/try-image-steps.sh
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
work=$(mktemp -d)
service=
trap '[ -n "$service" ] && kill -KILL "$service" 2>/dev/null; rm -rf "$work"' EXIT
export ONNXRUNTIME_NODE_INSTALL=skip
port=${PORT:-18230}

say() { printf '\n== %s\n' "$*"; }
user() { setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all env -i PATH="$PATH" "$@"; }

say 'build: all dependencies, then the build'
mkdir "$work/build" "$work/app" "$work/cache"
cp package.json package-lock.json "$work/build"
cp package.json package-lock.json LICENSE "$work/app"
cd "$work/build"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
cp -r "$source"/tsconfig.json "$source"/tsconfig.build.json "$source"/src "$source"/workers .
npm run build --loglevel=error

say 'production: its dependencies alone, one native library'
cd "$work/app"
npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
  ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} +
rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver
cp -r "$work/build/dist" dist
cp -r "$source/models" models && rm -rf models/training
chmod 755 "$work" && chown 65534:65534 "$work/cache" && chmod -R go=rX "$work/app"

say 'what is in it'
du -sh node_modules dist models
if [ -e node_modules/typescript ]; then echo 'a compiler is left' >&2 && exit 1; fi
if find . -name '*cuda*' -o -name '*tensorrt*' | grep .; then echo 'GPU files are left' >&2 && exit 1; fi
echo 'no compiler, no GPU files'
rm -rf "$work/build"

say 'run: read-only, as nobody, port and cache alone'
start() { # name=value...
  unshare --mount bash -c 'mount --bind "$0/app" "$0/app" && mount -o remount,bind,ro "$0/app" && cd "$0/app" && exec "$@"' \
    "$work" setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \
    env -i PATH="$PATH" NODE_ENV=production SOW_QWEN3_PORT="$port" SOW_QWEN3_CACHE_DIR="$work/cache" "$@" \
    node dist/src/serve.js >"$work/log" 2>&1 &
  service=$!
}
# The Dockerfile's own HEALTHCHECK.
check=$(sed -n 's/^ *CMD \["node", "-e", "\(.*\)"\]$/\1/p' "$source/Dockerfile")
healthy() { user SOW_QWEN3_PORT="$port" node -e "$check"; }
stop() {
  kill -TERM "$service"
  wait "$service" && echo 'stopped with 0'
  service=
}

start SOW_QWEN3_MODEL_PATH=
for _ in $(seq 60); do healthy && break || sleep 0.5; done
healthy && echo 'healthy'
curl -fsS "localhost:$port/health"; echo
curl -fsS -F audio=@"$source/test/fixtures/speech/psalm-en.mp3" \
  -F lyrics_text=@"$source/test/fixtures/speech/psalm-en.txt" "localhost:$port/api/v1/align"; echo
curl -fsS "localhost:$port/openapi/json" | head -c 60; echo
grep -o '"msg":"SOW_QWEN3_MODEL_PATH[^"]*"' "$work/log"
if setpriv --reuid=65534 --regid=65534 --clear-groups touch "$work/app/x" 2>/dev/null; then echo 'writable' >&2 && exit 1; fi
ls "$work/cache" && stop

say 'run: with a model folder that is empty'
mkdir "$work/empty" && chmod 755 "$work/empty"
start SOW_QWEN3_MODEL_PATH="$work/empty"
for _ in $(seq 60); do curl -sS "localhost:$port/health" 2>/dev/null | grep -q '"failed"' && break || sleep 0.5; done
curl -sS "localhost:$port/health"; echo
if healthy; then echo 'healthy without its model' >&2 && exit 1; fi
stop
