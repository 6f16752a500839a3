// Measures how well a characterization recovers a synthetic site: `npm run bench:truth`. It runs as a job of the
// service on the model, and also on the true neurons, without noise. This separates errors of the
// network from errors of the method.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import {
  planCharacterization,
  runCharacterization,
} from '../src/experiments/characterize/characterize.js';
import type { CharacterizationRequest } from '../src/experiments/characterize/schemas.js';
import { experimentContext } from '../src/experiments/context.js';
import { countMultiplyAdds } from '../src/experiments/cost.js';
import { parseAs, parseJson } from '../src/formats/json.js';
import type { ModelCard } from '../src/models/card.js';
import { findModel } from '../src/models/find-model.js';
import { stimulusAt } from '../src/stimulus/stimuli.js';
import { correlation } from '../src/tuning/metrics.js';
import { createImageSource } from '../training/synthetic/images.js';
import { createNeuron } from '../training/synthetic/neuron.js';
import { type TrueNeuron, Truth } from '../training/synthetic/truth.js';
import { median, quantile } from './figures.js';
import { startService } from './running-service.js';

/** Natural ones, of the site's. */
const IMAGES = 500;

interface Options {
  readonly model: string;
  readonly truth: string;
  readonly corr: number;
  readonly contrast?: number;
}

/** The compared values of a row. */
interface Row {
  readonly id: number;
  readonly CORR: number | null;
  readonly indices: Readonly<Record<string, { readonly value: number | null } | undefined>>;
}

interface Pair {
  readonly truth: TrueNeuron;
  /** Found on the true neuron. */
  readonly own: Row;
  readonly found: Row;
}

async function bench({ model, truth: file, corr, contrast }: Options): Promise<void> {
  const truth = parseAs(Truth, parseJson(await readFile(file)), file);
  const begun = performance.now();
  const rows = await characterizeModel(model, { contrast });
  const seconds = (performance.now() - begun) / 1000;
  const { card } = await findModel(model);
  const { cost } = planCharacterization({ model: servedAs(card) }, { contrast });
  const multiplyAdds = countMultiplyAdds(cost, { card });
  const own = await characterizeTruth(card, truth, { contrast });
  const pairs = rows.map(
    (found): Pair => ({
      found,
      own: own.find(({ id }) => id === found.id)!,
      truth: truth.neurons.find(({ id }) => id === found.id)!,
    }),
  );
  console.log(
    `${rows.length} neurons in ${seconds.toFixed(1)} s: ${cost.stimuli} stimuli, ` +
      `${(multiplyAdds / 1e9).toFixed(0)} G multiply-adds, ` +
      `${(multiplyAdds / seconds / 1e9).toFixed(1)} G per second; error: median (quartiles), 90 %\n`,
  );
  const good = pairs.filter(({ found }) => (found.CORR ?? -1) >= corr);
  console.log(`| | all ${pairs.length} | CORR >= ${corr}: ${good.length} | the true neurons |`);
  console.log('|---|---|---|---|');
  for (const [name, error] of Object.entries(ERRORS)) {
    const of = (among: readonly Pair[], row: (pair: Pair) => Row) =>
      spread(among.map((pair) => error(row(pair), pair)));
    const found = ({ found }: Pair) => found;
    console.log(
      `| ${name} | ${of(pairs, found)} | ${of(good, found)} | ${of(pairs, ({ own }) => own)} |`,
    );
  }
  for (const [name, values] of Object.entries(CORRELATED)) {
    const of = (among: readonly Pair[], row: (pair: Pair) => Row) => {
      const both = among
        .map((pair) => values(row(pair), pair))
        .filter((each) => each.every(Number.isFinite));
      const r = correlation(
        both.map(([x]) => x),
        both.map(([, y]) => y),
      );
      return `${r?.toFixed(2) ?? 'undefined'} of ${both.length}`;
    };
    const found = ({ found }: Pair) => found;
    console.log(
      `| correlation: ${name} | ${of(pairs, found)} | ${of(good, found)} | ${of(pairs, ({ own }) => own)} |`,
    );
  }
  for (const [name, row] of [
    ['the model', ({ found }: Pair) => found],
    ['the true neurons', ({ own }: Pair) => own],
  ] as const) {
    const called = (kind: TrueNeuron['kind'], isRight: (F1F0: number) => boolean) => {
      const among = pairs.filter(({ truth }) => truth.kind === kind);
      const right = among.filter((pair) => isRight(value(row(pair), 'F1F0')));
      return `${right.length} of ${among.length} ${kind}`;
    };
    const simple = called('simple', (F1F0) => F1F0 > 1);
    const complex = called('complex', (F1F0) => F1F0 <= 1);
    console.log(`\nBy F1/F0 of ${name}, above 1 simple: ${simple}, ${complex} cells are called so`);
  }
  console.log(
    `\nOf the true neurons' responses to ${IMAGES} natural images the surround explains, share of the ` +
      `variance: ${spread(surroundShares(truth), 3)}`,
  );
}

/** The share of the variance of responses to natural images that the surrounds cause. */
function surroundShares({ seed, neurons }: Truth): number[] {
  const drawImage = createImageSource();
  const images = Array.from({ length: IMAGES }, (_, i) =>
    Float32Array.from(drawImage(seed, 'validation', i), (gray) => gray / 255),
  );
  return neurons.map((neuron) => {
    const whole = images.map(createNeuron(neuron));
    const alone = images.map(createNeuron({ ...neuron, surroundWeight: 0 }));
    return 1 - (correlation(whole, alone) ?? Number.NaN) ** 2;
  });
}

/** Errors of the estimates, from the truth. */
const ERRORS: Readonly<Record<string, (row: Row, pair: Pair) => number>> = {
  'orientation, degrees': (row, { truth }) => {
    const turned = Math.abs(value(row, 'preferredOrientationFit') - truth.orientation) % 180;
    return Math.min(turned, 180 - turned);
  },
  'spatial frequency, octaves': (row, { truth }) =>
    Math.abs(Math.log2(value(row, 'preferredSpatialFrequency') / truth.spatialFrequency)),
  'centre, pixels': (row, { truth }) =>
    Math.hypot(value(row, 'centreX') - truth.x, value(row, 'centreY') - truth.y),
  ...Object.fromEntries(
    ['SSI', 'SSIAboveBlank'].map((name) => [
      `${name}, from that of the true neuron`,
      (row: Row, { own }: Pair) => Math.abs(value(row, name) - value(own, name)),
    ]),
  ),
};

const CORRELATED: Readonly<Record<string, (row: Row, pair: Pair) => readonly [number, number]>> = {
  'log spatial frequency': (row, { truth }) => [
    Math.log2(value(row, 'preferredSpatialFrequency')),
    Math.log2(truth.spatialFrequency),
  ],
  'centre, x': (row, { truth }) => [value(row, 'centreX'), truth.x],
  'centre, y': (row, { truth }) => [value(row, 'centreY'), truth.y],
  ...suppression('SSI'),
  ...suppression('SSIAboveBlank'),
};

function suppression(name: string): typeof CORRELATED {
  return {
    [`${name} with that of the true neuron`]: (row, { own }) => [
      value(row, name),
      value(own, name),
    ],
    [`${name} with the weight of the surround`]: (row, { truth }) => [
      value(row, name),
      truth.surroundWeight,
    ],
  };
}

async function characterizeModel(
  folder: string,
  request: CharacterizationRequest,
): Promise<readonly Row[]> {
  const name = path.basename(path.dirname(path.resolve(folder)));
  const version = path.basename(folder);
  const service = await startService({ MODELS_DIR: path.resolve(folder, '..', '..') });
  try {
    const url = `${service.url}/v1/models/${name}/versions/${version}/characterize`;
    const started = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
    const place = started.headers.get('Location');
    if (place === null) throw new Error(await started.text());
    await (await fetch(`${service.url}${place}/events`)).text();
    const result = await fetch(`${service.url}${place}/result`);
    if (!result.ok) throw new Error(await result.text());
    await fetch(service.url + place, { method: 'DELETE' });
    return ((await result.json()) as { readonly neurons: readonly Row[] }).neurons;
  } finally {
    await service.stop();
  }
}

/** Characterizes the true neurons in the same way. */
async function characterizeTruth(
  card: ModelCard,
  truth: Truth,
  request: CharacterizationRequest,
): Promise<readonly Row[]> {
  const respond = card.neurons.map(({ id }) =>
    createNeuron(truth.neurons.find((neuron) => neuron.id === id)!),
  );
  const model = servedAs(card);
  const context = experimentContext({
    respond: async (stimuli, columns) =>
      Float32Array.from({ length: stimuli.count * columns.length }, (_, i) =>
        respond[columns[i % columns.length]!]!(
          stimulusAt(stimuli, Math.floor(i / columns.length)).pixels,
        ),
      ),
  });
  return (await runCharacterization(planCharacterization({ model }, request), context)).neurons;
}

/** The model of a card, which needs no digest, since no engine has it. */
function servedAs(card: ModelCard) {
  const { name, version } = card;
  return { name, version, digest: '', card };
}

function value({ indices }: Row, name: string): number {
  return indices[name]?.value ?? Number.NaN;
}

function spread(values: readonly number[], digits = 2): string {
  const known = values.filter(Number.isFinite);
  const [half, low, high, most] = [
    median(known),
    ...[0.25, 0.75, 0.9].map((q) => quantile(known, q)),
  ];
  const [a, b, c, d] = [half, low, high, most].map((each) => each!.toFixed(digits));
  return `${a} (${b} to ${c}), ${d}${known.length < values.length ? ` of ${known.length}` : ''}`;
}

await runCommand(
  new Command('bench:truth')
    .description('compares what characterize finds with the truth of a synthetic site')
    .option('--model <folder>', 'a trained one', 'models/demo/1')
    .option('--truth <file>', 'of the site that it was trained on', 'data/demo/truth.json')
    .option('--corr <value>', 'of well-fitted neurons, at least', Number, 0.8)
    .option('--contrast <value>', "of gratings; left out: characterize's own", Number)
    .action(bench),
);
