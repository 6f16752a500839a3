// Measures `hypercolumn ingest` on recordings of real sizes, which are made here and deleted: `npm run bench:ingest`.
// It needs 16 GB of disk, and a Python with h5py: LABFILES_PYTHON.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { residentBytes } from './running-service.js';
import { chooseParts, type Part, printTable, type Row } from './table.js';

const PROGRAM = fileURLToPath(new URL('../src/cli/hypercolumn.js', import.meta.url));
const MAKER = 'bench/ingest/make_large.py';
const { LABFILES_PYTHON = path.join(homedir(), '.cache/hypercolumn/labfiles/bin/python') } =
  process.env;
/** Milliseconds from one reading of the memory to the next. */
const READING = 50;
const MOST_BYTES = 500e6;

interface Recording {
  readonly what: string;
  readonly kind: 'spikes' | 'traces';
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly neurons: number;
}

const RECORDINGS: Readonly<Record<string, Recording>> = {
  traces: {
    what: '34,000 images of 50x50, traces of 300 neurons at 15 Hz',
    ...{ kind: 'traces', images: 34_000, height: 50, width: 50, channels: 1, neurons: 300 },
  },
  large: {
    what: '36,000 images of 256x256 in colour, spikes of 300 neurons',
    ...{ kind: 'spikes', images: 36_000, height: 256, width: 256, channels: 3, neurons: 300 },
  },
};

const PARTS: Readonly<Record<string, Part<string>>> = Object.fromEntries(
  Object.entries(RECORDINGS).map(([name, recording]) => [
    name,
    (folder: string) => measure(recording, folder),
  ]),
);

await runCommand(
  new Command('bench:ingest')
    .description('times ingest on recordings of real sizes, and watches its memory')
    .option('--parts <list>', 'to measure, separated by commas', Object.keys(PARTS).join(','))
    .action(async ({ parts }: { parts: string }) => {
      const chosen = chooseParts(PARTS, parts);
      console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
      await printTable(chosen, tmpdir());
    }),
);

async function measure(recording: Recording, parent: string): Promise<Row[]> {
  const folder = await mkdtemp(path.join(parent, 'hypercolumn-ingest-'));
  try {
    const file = path.join(folder, 'recording.nwb');
    const { kind, images, height, width, channels, neurons } = recording;
    const size = [images, height, width, channels, neurons].map(String);
    await promisify(execFile)(LABFILES_PYTHON, [MAKER, file, kind, ...size]);
    const { size: bytes } = await stat(file);
    const begun = performance.now();
    const { most } = await ingest(file, path.join(folder, 'dataset'));
    const seconds = (performance.now() - begun) / 1000;
    const what = `ingest of an NWB file of ${(bytes / 1e9).toFixed(1)} GB: ${recording.what}`;
    return [
      { what: `${what}, time`, toReach: '', measured: `${seconds.toFixed(0)} s`, met: undefined },
      {
        what: `${what}, most memory of its processes`,
        toReach: '500 MB',
        measured: `${(most / 1e6).toFixed(0)} MB`,
        met: most < MOST_BYTES,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns the most bytes of memory that the command and its processes held */
async function ingest(file: string, out: string): Promise<{ readonly most: number }> {
  const child = spawn(process.execPath, [PROGRAM, 'ingest', file, '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const bytes = await residentBytes(child.pid!).catch(() => 0);
    most = Math.max(most, bytes);
    await Promise.race([ended, pause(READING)]);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`ingest ended with ${code}`);
  return { most };
}
