// Times the first `npm start` of a fresh clone: no node_modules, no dist, npm's cache filled.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { wholeNumber } from '../training/run/options.js';
import { median } from './figures.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** `1/3 installing packages ... 8.1 s`, `loading models ... 1, 0.9 s` */
const STEP = /^(?:\d+\/\d+ )?(\w.*?) \.\.\. (?:(\S+), )?(\d+\.\d) s$/;
const UNTIL_READY = 'until /readyz answers 200';

await runCommand(
  new Command('bench:start')
    .description('times the first npm start of a fresh clone of what is committed here')
    .option('--starts <number>', 'how often', wholeNumber(1, 1000), 5)
    .allowExcessArguments(false)
    .action(async ({ starts }: { readonly starts: number }) => {
      const seconds = new Map<string, number[]>();
      for (let start = 0; start < starts; start++) {
        for (const [step, time] of await coldStart()) {
          seconds.set(step, [...(seconds.get(step) ?? []), time]);
        }
        console.error(`start ${start + 1} of ${starts}: load ${loadavg()[0]?.toFixed(1)}`);
      }
      console.log(`| first \`npm start\`, ${starts} fresh clones | median | at most |`);
      console.log('|---|---|---|');
      for (const [step, times] of seconds) {
        const max = Math.max(...times);
        console.log(`| ${step} | ${median(times).toFixed(1)} s | ${max.toFixed(1)} s |`);
      }
    }),
);

/** @returns seconds of each step, in the order in which they ended */
async function coldStart(): Promise<Map<string, number>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-start-'));
  try {
    const clone = path.join(folder, 'clone');
    const { status, stderr } = spawnSync('git', ['clone', '--quiet', ROOT, clone]);
    if (status !== 0) throw new Error(`the clone failed: ${stderr}`);
    return await timeStart(clone);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timeStart(clone: string): Promise<Map<string, number>> {
  const steps = new Map<string, number>();
  const begun = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // a group of its own, which is stopped as a whole
    detached: true,
  });
  const ended = once(child, 'close');
  const url = new Promise<string>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        const [, step, result, time] = STEP.exec(line) ?? [];
        if (step !== undefined) steps.set(step, Number(time));
        if (step === 'listening' && result !== undefined) resolve(result);
      });
    }
    void ended.then(() => reject(new Error('npm start ended before it listened')));
  });
  try {
    while (!(await fetch(`${await url}/readyz`)).ok) await pause(10);
    const ready = (performance.now() - begun) / 1000;
    return new Map([...steps, [UNTIL_READY, ready]]);
  } finally {
    process.kill(-child.pid!, 'SIGINT');
    await ended;
  }
}
