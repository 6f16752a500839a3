// Measures whether a service answers every request although it gets SIGTERM: `npm run bench:drain`.
// It starts real processes, sends them requests from many clients, and stops them with SIGTERM; every
// connection that is reset, or closed without an answer, counts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../../src/cli/run-command.js';
import { openBackend } from '../../src/network/backends/open.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { wholeNumber } from '../../training/run/options.js';
import { npyRequest } from '../http-client.js';
import { type RunningService, startService } from '../running-service.js';
import { type Attempt, type Outcome, rawRequest, sendOnce, sendRepeatedly } from './raw-client.js';

interface Options {
  readonly stops: number;
  readonly clients: number;
}

/** How the clients use their connections; each continues until no process listens any more. */
type Client = (url: URL, request: Buffer, onAttempt: (attempt: Attempt) => void) => Promise<void>;

/** One connection for each request, one after the other. */
const short: Client = async (url, request, onAttempt) => {
  for (let outcome: Outcome = 'answered'; outcome !== 'refused'; ) {
    const attempt = await sendOnce(url, request);
    outcome = attempt.outcome;
    onAttempt(attempt);
  }
};

/** Connections that are kept, and idle for up to 20 ms between two requests. */
const kept: Client = (url, request, onAttempt) =>
  sendRepeatedly(url, request, () => 20 * Math.random(), onAttempt);

interface Scenario {
  readonly what: string;
  readonly client: Client;
  readonly settings: Readonly<Record<string, string>>;
}

const SCENARIOS: readonly Scenario[] = [
  { what: 'a connection for each request', client: short, settings: { GRACE_SECONDS: '1' } },
  {
    what: 'a connection for each request, no grace',
    client: short,
    settings: { GRACE_SECONDS: '0' },
  },
  { what: 'kept connections', client: kept, settings: { GRACE_SECONDS: '1' } },
  { what: 'kept connections, no grace', client: kept, settings: { GRACE_SECONDS: '0' } },
];

/** Answers before the service gets SIGTERM. */
const WARM_UP = 200;
const NEURONS = 8;

await runCommand(
  new Command('bench:drain')
    .description('stops services under load and counts what is not answered')
    .option('--stops <count>', 'of each kind of load', wholeNumber(1, 10_000), 25)
    .option('--clients <count>', 'at the same time', wholeNumber(1, 200), 16)
    .action(bench),
);

async function bench({ stops, clients }: Options): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-drain-'));
  try {
    await openBackend('wasm');
    const out = path.join(folder, 'models', 'ff_cnn');
    await makeModel({ architecture: 'ff_cnn', neurons: NEURONS, out, seed: 1 });
    console.log('| load | stops | answered | of them 503 | reset | unanswered | exit code |');
    console.log('|---|---|---|---|---|---|---|');
    for (const scenario of SCENARIOS) {
      const tally = createTally();
      for (let i = 0; i < stops; i++) await stopUnderLoad(scenario, folder, clients, tally);
      console.log(`| ${clients} clients, ${scenario.what} | ${stops} | ${tally.cells()} |`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Tally {
  count(attempt: Attempt): void;
  ended(end: number | NodeJS.Signals): void;
  /** As they are in the table. */
  cells(): string;
}

function createTally(): Tally {
  const outcomes: Record<Outcome, number> = { answered: 0, refused: 0, reset: 0, unanswered: 0 };
  const ends = new Set<number | NodeJS.Signals>();
  let late = 0;
  return {
    count({ outcome, status }) {
      outcomes[outcome]++;
      if (status === 503) late++;
    },
    ended: (end) => void ends.add(end),
    cells() {
      const { answered, reset, unanswered } = outcomes;
      return [answered, late, reset, unanswered, [...ends].join(', ')].join(' | ');
    },
  };
}

async function stopUnderLoad(
  { client, settings }: Scenario,
  folder: string,
  clients: number,
  tally: Tally,
): Promise<void> {
  const service = await start(folder, settings);
  const { request, url } = questionTo(service);
  let warm: () => void = () => undefined;
  const warmed = new Promise<void>((resolve) => {
    warm = resolve;
  });
  let answered = 0;
  const load = Array.from({ length: clients }, () =>
    client(url, request, (attempt) => {
      tally.count(attempt);
      if (++answered === WARM_UP) warm();
    }),
  );
  await warmed;
  tally.ended(await service.end('SIGTERM'));
  await Promise.all(load);
}

function start(folder: string, settings: Scenario['settings']): Promise<RunningService> {
  return startService({
    MODELS_DIR: path.join(folder, 'models'),
    DATA_DIR: path.join(folder, 'data'),
    ENGINE: 'onnx',
    THREADS: '1',
    ...settings,
  });
}

function questionTo(service: RunningService) {
  const { body, headers, url } = npyRequest(`${service.url}/v1/models/ff_cnn/responses`, 1);
  return { url: new URL(url), request: rawRequest(new URL(url), headers, body) };
}
