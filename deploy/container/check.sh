#!/usr/bin/env bash
# Builds the image, runs it as it should be run anywhere (not root, a read-only file system, no network), and
# checks that it predicts what the service of this checkout predicts, that it ends in order, and its size.
#
#   deploy/container/check.sh [--target wasm|cpu|gpu] [--engine podman|docker] [--base IMAGE] [--fresh]
#
#   --base    a base image from a registry; by default deploy/container/base.sh makes one, once
#   --fresh   make that one again
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/container/engine.sh

readonly MAX_MEGABYTES=250 STANDIN=localhost/hypercolumn-base:node24
# The service drains for up to 25 s after SIGTERM.
readonly START_SECONDS=60 STOP_SECONDS=40

target=wasm engine_name=podman base=$STANDIN fresh=no
while (($# > 0)); do
  case $1 in
    --target) target=${2-} && shift ;;
    --engine) engine_name=${2-} && shift ;;
    --base) base=${2-} && shift ;;
    --fresh) fresh=yes ;;
    *) fail "unknown option: $1; expected --target, --engine, --base or --fresh" ;;
  esac
  shift
done
[[ $target =~ ^(wasm|cpu|gpu)$ ]] || fail "--target is wrong: $target; expected wasm, cpu or gpu"
choose_engine "$engine_name"
readonly image=localhost/hypercolumn:$target

folder=$(mktemp -d)
container= local_service=
tidy() {
  if [[ -n $container ]]; then "${engine[@]}" rm --force "$container" >/dev/null 2>&1 || true; fi
  if [[ -n $local_service ]]; then kill "$local_service" 2>/dev/null && wait "$local_service" || true; fi
  rm -rf "$folder"
}
trap tidy EXIT

# wait_for SECONDS FILE TEXT: until the file holds the text.
wait_for() {
  local deadline=$((SECONDS + $1))
  until grep --quiet "$3" "$2" 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

if [[ $base == "$STANDIN" && $fresh == yes ]] || ! has_image "$base"; then
  if [[ $base == "$STANDIN" ]]; then
    deploy/container/base.sh --engine "$engine_name" "$base"
  else
    "${engine[@]}" pull "$base"
  fi
fi

step "build $image"
pull_never=()
if [[ $engine_name == podman ]]; then pull_never=(--pull=never); fi
"${engine[@]}" build "${pull_never[@]}" --network host --build-arg "BASE=$base" \
  --target "$target" --tag "$image" . >"$folder/build" 2>&1 || {
  tail -n 40 "$folder/build" >&2
  fail 'the build failed, for the reason above'
}
if [[ $engine_name == podman ]]; then
  # The layers of earlier builds are the cache of later ones, for a day, since a build leaves about 2 GB of them.
  "${engine[@]}" image prune --force --filter until=24h >/dev/null
fi

step 'run: user 1000, read-only, no network, a writable /data and /tmp'
install --directory --owner 1000 --group 1000 "$folder/data"
chmod 755 "$folder"
# An engine would raise the limits on files and processes, which not every machine allows.
container=$("${engine[@]}" run --detach --user 1000:1000 --read-only --network none --cap-drop all \
  --no-healthcheck \
  --security-opt no-new-privileges --tmpfs /tmp --volume "$folder/data:/data" \
  --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
  --env ALLOW_ANONYMOUS=1 "$image")
"${engine[@]}" logs --follow "$container" >"$folder/log" 2>&1 &
wait_for $START_SECONDS "$folder/log" 'Hypercolumn is ready' || {
  cat "$folder/log" >&2
  fail "the container was not ready after $START_SECONDS s; its log is above"
}

in_container() { "${engine[@]}" exec --interactive "$container" "$@"; }

in_container sh -c '[ "$(id -u):$(id -g)" = 1000:1000 ] && touch /data/file /tmp/file && ! touch /app/file 2>/dev/null' ||
  fail 'the container is not restricted as expected: user 1000:1000, /data and /tmp writable, /app not'
# Run by hand, because the engine's own timer needs systemd.
mapfile -d '' -t health_check < <("${engine[@]}" image inspect "$image" | node --eval '
  const [image] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  process.stdout.write((image.Healthcheck ?? image.Config.Healthcheck).Test.slice(1).join("\0"));
')
in_container "${health_check[@]}" || fail 'the HEALTHCHECK of the image failed; expected it to succeed'

in_container node -e 'fetch("http://127.0.0.1:8080/guide/").then(({ ok }) => process.exit(ok ? 0 : 1))' ||
  fail 'the image has no guide; expected an answer of /guide/'

step 'predict, and compare with the service of this checkout'
node deploy/prepare.mjs
HOST=127.0.0.1 PORT=0 ENGINE=onnx GRACE_SECONDS=0 DATA_DIR=$folder/local node dist/src/main.js >"$folder/local.log" 2>&1 &
local_service=$!
wait_for $START_SECONDS "$folder/local.log" 'Hypercolumn is ready' || {
  cat "$folder/local.log" >&2
  fail "the local service was not ready after $START_SECONDS s; its log is above"
}
local_port=$(sed -n 's/^Hypercolumn is ready at .*://p' "$folder/local.log")
expected=$(node deploy/container/predict.mjs "$local_port" <docs/example.png)
predicted=$(in_container node --input-type=module --eval "$(<deploy/container/predict.mjs)" 8080 <docs/example.png)
[[ -n $expected && $predicted == "$expected" ]] || fail "the predictions differ:
  container  $predicted
  local      $expected"

step 'SIGTERM'
"${engine[@]}" kill --signal TERM "$container" >/dev/null
code=$(timeout $STOP_SECONDS "${engine[@]}" wait "$container") ||
  fail "the container still ran $STOP_SECONDS s after SIGTERM"
[[ $code == 0 ]] || {
  cat "$folder/log" >&2
  fail "the container ended with exit code $code after SIGTERM; expected 0; its log is above"
}

above_base=$(($(image_megabytes "$image") - $(image_megabytes "$base")))
step "$image: $(wc -w <<<"$expected") equal responses, exit code 0, $above_base MB above its base"
if [[ $target == wasm ]] && ((above_base > MAX_MEGABYTES)); then
  fail "the image is too large: $above_base MB above its base; expected at most $MAX_MEGABYTES"
fi
