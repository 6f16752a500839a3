#!/usr/bin/env bash
# Builds the wheel, installs it alone in a new virtual environment, and asks the demo model from there.
# Usage: check.sh <a Python with build and hatchling>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$1" -m build --wheel --no-isolation --outdir "$scratch" . >/dev/null
python3 -m venv "$scratch/empty"
"$scratch/empty/bin/pip" install --quiet --disable-pip-version-check "$scratch"/*.whl
cd ../..
"$scratch/empty/bin/python" - <<'PROGRAM'
import hypercolumn

command = ["node", "dist/src/cli/hypercolumn.js", "serve"]
with hypercolumn.local("models/demo", command=command) as service:
    curves = service["demo"].tuning("orientation", neurons=[3]).curves
    print(f"a tuning curve of {curves.size} points, with numpy and websockets alone")
PROGRAM
