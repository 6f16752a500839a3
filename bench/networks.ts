// Measures what the networks of a shared core cost: `npm run bench:networks`. One image through a core with the readouts
// of a whole site, and through a network for each neuron, in the engine and over HTTP, in turns; and the training of a
// recorded site next to that of the same network in PyTorch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { DESIGN_NAMES, DESIGNS, type DesignName } from '../src/network/architectures/designs.js';
import { openBackend } from '../src/network/backends/open.js';
import { multiplications } from '../src/network/multiplications.js';
import { siteParameterCount } from '../src/network/parameters.js';
import { makeModel } from '../training/random-model/random-model-command.js';
import { parseList, siteName, wholeNumber } from '../training/run/options.js';
import { pythonOption, startContender } from './contender.js';
import { median } from './figures.js';
import { npyRequest, openHttpClient } from './http-client.js';
import { startService } from './running-service.js';

const SIZE = { height: 50, width: 50 };
/** Milliseconds after each turn: threads of onnxruntime wait awake for a while. */
const REST = 20;
/** Images of a turn, one after another. */
const TURN = 10;

interface Options {
  readonly parts: readonly ('speed' | 'training')[];
  readonly designs: readonly DesignName[];
  readonly neurons: number;
  readonly rounds: number;
  readonly data: string;
  readonly site: string;
  readonly trainings: number;
  readonly python: string;
}

await runCommand(
  new Command('bench:networks')
    .description('times a shared core, and a network for each neuron, side by side')
    .addOption(
      new Option('--parts <list>', 'of speed,training')
        .argParser(parseList(['speed', 'training'] as const))
        .default(['speed', 'training']),
    )
    .addOption(
      new Option('--designs <list>', 'networks that are timed')
        .argParser(parseList(DESIGN_NAMES))
        .default(['shared_core', 'attention_core', 'recurrent_core', 'rf_cnn', 'ff_cnn']),
    )
    .option('--neurons <count>', 'of the site', wholeNumber(1, 10_000), 300)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 40)
    .option('--data <folder>', 'of a recording to train on', '../shared/data/v4-190923')
    .option('--site <name>', 'of its files', siteName, 'v4s190923')
    .option('--trainings <count>', 'of each program, in turns', wholeNumber(1, 100), 1)
    .addOption(pythonOption())
    .allowExcessArguments(false)
    .action(bench),
);

async function bench(options: Options): Promise<void> {
  console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-networks-'));
  try {
    if (options.parts.includes('speed')) await benchSpeed(folder, options);
    if (options.parts.includes('training')) await benchTraining(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchSpeed(folder: string, { designs, neurons, rounds }: Options): Promise<void> {
  await openBackend('wasm');
  const worker = fileURLToPath(new URL('inference-worker.js', import.meta.url));
  const threads = String(availableParallelism());
  for (const design of designs) {
    await makeModel({ architecture: design, neurons, out: path.join(folder, design), seed: 1 });
  }
  const service = await startService({ MODELS_DIR: folder });
  const client = openHttpClient();
  const rows = [];
  for (const design of designs) {
    const place = path.join(folder, design, '1');
    const args = [worker, 'engine', place, threads];
    const engine = await startContender('engine', process.execPath, args);
    const request = npyRequest(`${service.url}/v1/models/${design}/responses`, 1);
    for (let i = 0; i < 20; i++) await client.send(request); // loads the model
    rows.push({ design, engine: engine!, request, inEngine: [] as number[], http: [] as number[] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { engine, request, inEngine, http } of rows) {
      await engine.send('1'); // brings it back into the caches
      for (let i = 0; i < TURN; i++) inEngine.push(await engine.send('1'));
      await pause(REST);
      await client.send(request);
      for (let i = 0; i < TURN; i++) http.push((await client.send(request)).trip);
      await pause(REST);
    }
  }
  client.close();
  await service.stop();
  for (const { engine } of rows) await engine.stop();

  console.log(
    `| ${neurons} neurons, 50x50 pixels | multiply-adds | parameters | engine, ms | HTTP, ms |`,
  );
  console.log('|---|---|---|---|---|');
  for (const { design, inEngine, http } of rows) {
    const { network } = DESIGNS[design];
    const { shared, each } = multiplications(network, SIZE);
    const parameters = siteParameterCount(network, SIZE, neurons);
    console.log(
      `| \`${design}\` | ${((shared + neurons * each) / 1e6).toFixed(1)} M | ${parameters.toLocaleString('en')} | ` +
        `${median(inEngine).toFixed(2)} | ${median(http).toFixed(2)} |`,
    );
  }
  console.log(`\nmedians of ${rounds} turns of ${TURN} images, ${threads} threads\n`);
}

async function benchTraining(
  folder: string,
  { data, site, trainings, python }: Options,
): Promise<void> {
  const command = fileURLToPath(new URL('../src/cli/hypercolumn.js', import.meta.url));
  const script = path.resolve('bench/pytorch/shared_core.py');
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let i = 1; i <= trainings; i++) {
    const out = path.join(folder, `trained-${i}`);
    const args = ['--data', data, '--site', site, '--recipe', 'shared_core', '--select', 'heldout'];
    const trained = [command, 'train', ...args, '--seed', String(i), '--out', out];
    own.push(await run(process.execPath, trained));
    theirs.push(await run(python, [script, data, site, String(i)]));
  }
  console.log(
    `training of ${site}, medians of ${trainings}: ${median(own).toFixed(0)} s, ` +
      `PyTorch ${median(theirs).toFixed(0)} s`,
  );
}

/** Seconds that a program takes from its start to its end; its last line is printed. */
async function run(program: string, args: readonly string[]): Promise<number> {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (text: Buffer) => {
    printed += text.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  console.log(printed.trim().split('\n').at(-1));
  return (performance.now() - begun) / 1000;
}
