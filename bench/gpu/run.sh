#!/usr/bin/env bash
# Measures Hypercolumn on the GPU of this machine, next to PyTorch. Needs the bundles of bench/gpu/pack.sh, an
# NVIDIA driver and a python3 with PyTorch; no Node, no network. Takes under eight minutes.
#
#   run.sh --bundles FOLDER --out FOLDER [--python PYTHON] [--tiny]
#
# Writes lines.jsonl while it measures, and at the end result.json and result.md. With --tiny it rehearses on a
# few networks, also on a WebGPU adapter that is a program on the CPU.
set -euo pipefail

bundles= out= python=python3 tiny=no
while (($# > 0)); do
  case $1 in
    --bundles) bundles=${2-} && shift ;;
    --out) out=${2-} && shift ;;
    --python) python=${2-} && shift ;;
    --tiny) tiny=yes ;;
    *) echo "unknown option: $1; expected --bundles, --out, --python or --tiny" >&2 && exit 2 ;;
  esac
  shift
done
if [[ -z $bundles || -z $out ]]; then
  echo 'expected --bundles FOLDER and --out FOLDER' >&2
  exit 2
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)

readonly ARCHITECTURES=ff_cnn,ff_sa_cnn,rf_cnn
compared=
if [[ $tiny == yes ]]; then
  # a program on the CPU takes its time
  neurons=2,3 batch=2 served=3 images=1,4 seconds=0.1 slower=5 compared=rf_cnn software=(--software)
else
  neurons=16,64,300 batch=50 served=300 images=1,1000 seconds=2 slower=1 software=()
fi

step() { printf '%4d s  %s\n' "$SECONDS" "$*" >&2; }

step "unpack"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat "$bundles"/hypercolumn-gpu.tar.xz.* | "$python" -c '
import sys, tarfile
tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$work"
node=$work/node
: >"$out/lines.jsonl"
: >"$out/parts.tsv"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader >"$out/nvidia-smi.txt" 2>&1 || true

if ! ldconfig -p | grep --quiet 'libvulkan\.so\.1'; then
  export LD_LIBRARY_PATH=$work/vulkan/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi

# probe DRIVER: whether WebGPU finds an adapter through this description of a Vulkan driver.
probe() {
  VK_DRIVER_FILES=$1 VK_ICD_FILENAMES=$1 timeout 30 "$node" "$work/dist/bench/gpu/probe.js" "${software[@]}" \
    >"$work/adapter.json" 2>>"$out/probe.txt"
}

step 'find a Vulkan driver'
driver=
for candidate in ${VK_DRIVER_FILES-} ${VK_ICD_FILENAMES-} {/usr/share,/etc,/usr/local/nvidia/share}/vulkan/icd.d/nvidia*.json \
  "$work"/vulkan/nvidia-*.json; do
  if [[ -f $candidate ]] && probe "$candidate"; then
    driver=$candidate
    break
  fi
done
if [[ -n $driver ]]; then
  export VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver
  step "$(cat "$work/adapter.json") through $driver"
else
  step "no WebGPU adapter was found, see $out/probe.txt: PyTorch alone is measured"
fi

# part NAME SECONDS COMMAND...: what a part printed before its time is over counts.
part() {
  local name=$1 limit=$(($2 * slower)) begun=$SECONDS ended=complete status=0
  step "$name, at most $limit s"
  timeout --kill-after 5 "$limit" "${@:3}" >>"$out/lines.jsonl" 2>"$work/errors" || status=$?
  if ((status == 124 || status == 137)); then
    ended="out of time"
  elif ((status != 0)); then
    ended="failed ($status): $(tail -n 1 "$work/errors" | tr '\t' ' ')"
  fi
  # a line that was cut off
  [[ -z $(tail -c 1 "$out/lines.jsonl") ]] || echo >>"$out/lines.jsonl"
  printf '%s\t%s\t%s\n' "$name" "$ended" "$((SECONDS - begun))" >>"$out/parts.tsv"
  step "$name: $ended"
}

measured=("$neurons" "$batch" "$served" "$images" "$ARCHITECTURES" "$seconds")
if [[ -n $driver ]]; then
  part golden 60 "$node" "$work/dist/bench/gpu/golden.js" "$compared"
  part webgpu 130 "$node" "$work/dist/bench/gpu/webgpu.js" "${measured[@]}"
fi
for way in loop vmap; do
  part "pytorch $way" 60 "$python" "$work/pytorch/gpu.py" "$way" "${measured[@]}"
done
part 'pytorch compile' 130 "$python" "$work/pytorch/gpu.py" compile "${measured[@]}"

"$node" "$work/dist/bench/gpu/report.js" "$out"
step "written: $out/result.json and $out/result.md"
