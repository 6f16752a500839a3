import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../src/network/random.js';
import { SMALLEST_SIDE, saveConstantModel } from '../support/saved-models.js';
import { type RunningService, startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';
import { type Sample, samples } from './bodies.js';
import { mutated } from './mutations.js';

const BODIES = 20_000;
/** Valid bodies, which must be accepted after any others. */
const UNCHANGED_EVERY = 40;
/** After this many bodies the service has reserved the memory that it needs. */
const WARM = 6000;
const AT_ONCE = 12;
/** Bytes by which a process may grow after that: uncollected garbage, not a leak per body. */
const MAX_GROWTH = 64 * 2 ** 20;
const MAX_MILLISECONDS = 240_000;
/** FUZZ_SEED=2 sends other bodies. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** No response may have a stack trace or a path of files. */
const INSIDE = /\n\s+at |node_modules|\/dist\/|\/tmp\/|\/root\/|\/home\//;

const folder = sharedFolder();
let service: RunningService;
beforeAll(async () => {
  await saveConstantModel(folder, 'fuzzed');
  service = await startService({
    MODELS_DIR: folder,
    DATA_DIR: path.join(folder, 'data'),
    LOG_LEVEL: 'error',
  });
});
afterAll(() => service.child.kill('SIGKILL'));

test(
  `${BODIES} corrupted bodies are rejected with a reason or answered, without a crash or growing memory`,
  async () => {
    const bodies = await samples('fuzzed', SMALLEST_SIDE);
    const counts = new Map<string, Map<number, number>>();
    const wrong: string[] = [];
    const restarts = await metric('engine_restarts_total');
    let memory = { service: 0, engine: 0 };
    const send = async (from: number, to: number) => {
      const numbers = Array.from({ length: to - from }, (_, i) => from + i).values();
      const worker = async () => {
        for (const i of numbers) {
          const sample = bodies[i % bodies.length]!;
          const unchanged = Math.floor(i / bodies.length) % UNCHANGED_EVERY === 0;
          const random = randomStream(SEED, i);
          const body = unchanged ? sample.body : mutated(sample.body, sample.isText, random);
          const { status, problem } = await ask(sample, body, unchanged);
          const of = counts.get(sample.name) ?? new Map<number, number>();
          counts.set(sample.name, of.set(status, (of.get(status) ?? 0) + 1));
          if (problem) wrong.push(`FUZZ_SEED=${SEED} ${sample.name} ${i}: ${status} ${problem}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    };
    await send(0, WARM);
    memory = await memories();
    await send(WARM, BODIES);
    const grown = await memories();
    console.log(`seed ${SEED}, ${BODIES} bodies\n${table(counts)}`);
    console.log(
      `memory, MiB: ${inMebibytes(memory)} after ${WARM}, ${inMebibytes(grown)} at the end`,
    );
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(grown.service - memory.service).toBeLessThan(MAX_GROWTH);
    expect(grown.engine - memory.engine).toBeLessThan(MAX_GROWTH);
    expect(await metric('engine_restarts_total')).toBe(restarts);
    expect(service.child.exitCode).toBeNull();
    expect(service.stderr()).toBe('');
  },
  MAX_MILLISECONDS,
);

/** Sends one body; `problem` says what is wrong with the response. */
async function ask({ method, path: where, headers }: Sample, body: Buffer, unchanged: boolean) {
  const answer = await fetch(`${service.url}${where}`, {
    method,
    headers,
    body: new Uint8Array(body),
  });
  const { status } = answer;
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (unchanged) return { status, problem: answer.ok ? undefined : bytes.toString() };
  if (status >= 500) return { status, problem: bytes.toString() };
  if (answer.ok) return { status };
  const text = bytes.toString();
  if (INSIDE.test(text)) return { status, problem: `tells what is inside: ${text}` };
  const said: unknown = JSON.parse(text);
  const key = where.startsWith('/v2') ? 'error' : 'detail';
  const reason = (said as Record<string, unknown>)[key];
  return typeof reason === 'string' && reason !== ''
    ? { status }
    : { status, problem: `no reason: ${text}` };
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^hypercolumn_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function memories() {
  return {
    service: await metric('process_resident_memory_bytes'),
    engine: await metric('engine_resident_memory_bytes'),
  };
}

function inMebibytes(memory: Awaited<ReturnType<typeof memories>>): string {
  return Object.entries(memory)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)}`)
    .join(', ');
}

function table(counts: ReadonlyMap<string, ReadonlyMap<number, number>>): string {
  const statuses = [...new Set([...counts.values()].flatMap((of) => [...of.keys()]))].toSorted();
  const rows = [...counts].map(([name, of]) => [
    name,
    ...statuses.map((status) => of.get(status) ?? 0),
  ]);
  return [['', ...statuses], ...rows]
    .map(([name, ...cells]) =>
      [String(name).padEnd(16), ...cells.map((cell) => String(cell).padStart(6))].join(''),
    )
    .join('\n');
}
