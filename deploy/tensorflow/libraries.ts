import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SetupError } from './setup-error.js';
import { findPython, requireSpace } from './tools.js';
import {
  platformTags,
  type Release,
  TENSORFLOW_VERSION,
  type Variant,
  WHEEL_PYTHON,
  type Wheel,
} from './wheels.js';

/**
 * Files that are extracted from the wheels. Their folder layout stays, because TensorFlow's libraries look for the
 * CUDA ones relative to themselves (`$ORIGIN/../nvidia/<part>/lib`).
 */
const KEPT = [
  String.raw`tensorflow/libtensorflow_(cc|framework)\.so\.2$`,
  String.raw`tensorflow/include/(tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl/c)/.*\.h$`,
  String.raw`nvidia/\w+/(lib|bin|nvvm)/`,
  String.raw`[^/]+\.dist-info/licenses/`,
].join('|');

/** Milliseconds; no download of one wheel takes as long. */
const ABANDONED_AFTER = 24 * 3600 * 1000;

const UNPACK = `
import os, re, sys, zipfile
wheel, folder, kept = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if re.match(kept, member.filename) and not member.is_dir():
            path = archive.extract(member, folder)
            os.chmod(path, 0o755 if member.external_attr >> 16 & 0o111 else 0o644)
`;

/** Cache folder of the libraries of a release; other pins or other parts have other folders. */
export function librariesFolder(cache: string, variant: Variant, release: Release): string {
  const content = [KEPT, ...release.wheels.map((wheel) => wheel.sha256)].join();
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 8);
  return join(cache, `tensorflow-${variant}-${TENSORFLOW_VERSION}-${digest}`);
}

/**
 * Downloads and unpacks a release into `folder`, which exists afterwards if and only if it is
 * complete. One wheel at a time, so that the disk never holds two of them packed.
 *
 * @throws SetupError when python3, pip, disk space or the network is missing.
 */
export function fetchLibraries(
  folder: string,
  release: Release,
  log: (line: string) => void,
): void {
  const python = findPython();
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(folder);
  const largest = Math.max(...release.wheels.map((wheel) => wheel.megabytes));
  // pip holds a wheel twice for a moment: where it downloads to and where it hands it over.
  requireSpace(dirname(folder), release.unpackedMegabytes + 2 * largest);
  const total = release.wheels.reduce((sum, wheel) => sum + wheel.megabytes, 0);
  log(`downloading ${total} MB, ${release.unpackedMegabytes} MB unpacked in ${folder}`);

  const staging = mkdtempSync(`${folder}.partial-`);
  try {
    const unpacked = join(staging, 'unpacked');
    mkdirSync(unpacked);
    for (const [index, wheel] of release.wheels.entries()) {
      log(
        `[${index + 1}/${release.wheels.length}] ${wheel.name} ${wheel.version}, ${wheel.megabytes} MB`,
      );
      const file = download(python, wheel, staging);
      unpack(python, file, unpacked);
      rmSync(file);
    }
    // Another setup may have finished first; its folder holds the same bytes.
    if (!existsSync(folder)) renameSync(unpacked, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function download(python: string, wheel: Wheel, staging: string): string {
  const pinned = join(staging, 'requirement.txt');
  writeFileSync(pinned, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const result = spawnSync(
    python,
    [
      ...[
        '-m',
        'pip',
        'download',
        '--require-hashes',
        '--no-deps',
        '--no-cache-dir',
        '--retries=2',
      ],
      ...['--disable-pip-version-check', '--only-binary=:all:', '--implementation=cp'],
      ...[`--python-version=${WHEEL_PYTHON}`, ...(process.stdout.isTTY ? [] : ['--quiet'])],
      ...platformTags(process.arch).map((tag) => `--platform=${tag}`),
      ...['--dest', staging, '--requirement', pinned],
    ],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: staging },
    },
  );
  if (result.status !== 0) throw new SetupError(pipFailure(wheel, result.stderr));
  const file = readdirSync(staging).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel.name}`);
  return join(staging, file);
}

function unpack(python: string, file: string, folder: string): void {
  const result = spawnSync(python, ['-c', UNPACK, file, folder, KEPT], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  throw new SetupError(
    result.stderr.includes('No space left')
      ? `the disk of ${folder} is full: make room, or set HYPERCOLUMN_CACHE to a folder on another disk`
      : `cannot unpack ${basename(file)}: ${lastLine(result.stderr)}`,
  );
}

/** What pip's complaint means, in one line with what to do about it. */
export function pipFailure(wheel: Wheel, complaint: string): string {
  const what = `${wheel.name} ${wheel.version}`;
  if (complaint.includes('DO NOT MATCH THE HASHES')) {
    return `${what} is not the file that is pinned here: the download was damaged or the package index serves another file; check pip's index-url, then run this again`;
  }
  if (complaint.includes('No space left')) {
    return `the disk is full while downloading ${what}: make room, or set HYPERCOLUMN_CACHE to a folder on another disk`;
  }
  if (
    /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection(Reset)?Error|SSLError|connection broken/.test(
      complaint,
    )
  ) {
    return `no connection to the Python package index while downloading ${what}: check the network (pip reads PIP_INDEX_URL and HTTPS_PROXY), then run this again`;
  }
  if (complaint.includes('No matching distribution')) {
    return `pip finds no ${what}: update pip (python3 -m pip install --upgrade pip), or check that its index has the package`;
  }
  return `pip could not download ${what}: ${lastLine(complaint)}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'no reason given';
}

/** Removes what a killed setup left behind; by age, since the folder may be shared by machines. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (name.startsWith(`${basename(folder)}.partial-`) && readAge(path) > ABANDONED_AFTER) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function readAge(path: string): number {
  return Date.now() - statSync(path).mtimeMs;
}
