#!/usr/bin/env bash
# Makes the npm package, installs it into an empty folder, serves the demo model from there with
# `npx hypercolumn serve`, and compares its responses with those of this checkout's service.
#
#   deploy/package/check.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

START_SECONDS=60
folder=$(mktemp -d)
service=
clean_up() {
  [[ -z $service ]] || kill -KILL "$service" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

step() { printf '== %s\n' "$*"; }
fail() {
  printf 'package check: %s\n' "$*" >&2
  exit 1
}

# serve NAME COMMAND...: starts a service that writes to NAME.log, and prints the responses of the demo model.
serve() {
  local name=$1 port
  shift
  env --unset=MODELS_DIR HOST=127.0.0.1 PORT=0 ENGINE=onnx GRACE_SECONDS=0 DATA_DIR="$folder/$name.data" \
    "$@" >"$folder/$name.log" 2>&1 &
  service=$!
  for ((i = 0; i < 10 * START_SECONDS; i++)); do
    grep -q 'Hypercolumn is ready' "$folder/$name.log" && break
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  port=$(sed -n 's/^Hypercolumn is ready at .*://p' "$folder/$name.log")
  [[ -n $port ]] || {
    cat "$folder/$name.log" >&2
    fail "the service of the $name was not ready after $START_SECONDS s; its log is above"
  }
  node "$checkout/deploy/container/predict.mjs" "$port" <"$checkout/docs/example.png" >"$folder/$name.responses"
  if [[ $name == package ]]; then
    ask_with_client "http://127.0.0.1:$port"
    node -e 'fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))' "http://127.0.0.1:$port/guide/" ||
      fail 'the package has no guide; expected an answer of /guide/'
  fi
  kill -TERM "$service"
  wait "$service" || fail "the service of the $name ended with exit code $? after SIGTERM; expected 0"
  service=
}

# ask_with_client URL: a program in TypeScript that uses hypercolumn/client, under Node, and under Deno where it is there.
ask_with_client() {
  node client.mjs "$1" || fail 'the client failed under Node; expected responses'
  [[ -z ${DENO:-} ]] || "$DENO" run --quiet --no-check --node-modules-dir=manual --allow-all client.mts "$1" ||
    fail 'the client failed under Deno; expected responses'
}

checkout=$PWD
step 'npm run package'
node deploy/prepare.mjs --everything
node_modules/.bin/tsc -p deploy/package/client-types.tsconfig.json
package=$folder/$(npm pack --silent --pack-destination "$folder")

step 'npm install into an empty folder'
mkdir "$folder/lab"
cd "$folder/lab"
npm install --silent --ignore-scripts "$package"
compilers=$(find node_modules/hypercolumn -name '*.ts' ! -name '*.d.ts')
[[ -z $compilers ]] || fail "the package has sources to compile: $compilers; expected compiled modules only"
[[ ! -e node_modules/vitest ]] || fail 'vitest is installed; expected no development packages'

step 'a program that imports hypercolumn/client'
cp "$checkout/deploy/package/client.mts" .
mkdir -p node_modules/@types
cp -r "$checkout"/node_modules/@types/{node,ws} node_modules/@types/
cp -r "$checkout/node_modules/undici-types" node_modules/
echo '{"type": "module", "private": true}' >package.json
"$checkout/node_modules/.bin/tsc" --module nodenext --target es2023 --strict --skipLibCheck client.mts ||
  fail 'the types of hypercolumn/client do not fit; expected a program that compiles'

step 'npx hypercolumn serve'
serve package ./node_modules/.bin/hypercolumn serve
cd "$checkout"
serve checkout node dist/src/main.js
cmp "$folder/package.responses" "$folder/checkout.responses" || fail 'the responses differ; expected equal ones'
npx --prefix "$folder/lab" hypercolumn --version >/dev/null || fail 'npx finds no hypercolumn'
step "package: $(du -k "$package" | cut -f1) kB, $(wc -w <"$folder/package.responses") equal responses"
