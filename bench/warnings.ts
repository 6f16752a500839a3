// What a warning of the training range says of the model's error: `npm run bench:warnings`. Varied stimuli
// are shown to the true neurons of a synthetic site and to the model trained on it; the error of a
// stimulus is the mean over neurons of |model - truth|, in standard deviations of the true responses to
// natural images. The area is the chance that a warned stimulus has a larger error than one without.
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { createOnnxEngine } from '../src/engine/onnx/onnx-engine.js';
import { parseAs, parseJson } from '../src/formats/json.js';
import { readModel } from '../src/model/saved-model.js';
import { randomStream } from '../src/network/random.js';
import { type Kind, renderParametric, SCHEMAS } from '../src/stimulus/parametric/kinds.js';
import { type Canvas, concatStimuli, type Stimuli, stimulusAt } from '../src/stimulus/stimuli.js';
import { rangeWarnings, stimulusStatistics } from '../src/stimulus/training-range.js';
import { runCommand } from '../training/run-command.js';
import { createImageSource } from '../training/synthetic/images.js';
import { createNeuron } from '../training/synthetic/neuron.js';
import { Truth } from '../training/synthetic/truth.js';
import { median } from './figures.js';

/** Of each kind of stimulus. */
const COUNT = 120;
const WARNINGS = [
  'mean <',
  'mean >',
  'contrast of the whole image <',
  'contrast of the whole image >',
  'spatialFrequency <',
  'spatialFrequency >',
];

interface Shown {
  readonly family: string;
  readonly error: number;
  /** The warnings' kinds. */
  readonly warned: readonly string[];
}

async function bench(options: { readonly model: string; readonly truth: string }): Promise<void> {
  const truth = parseAs(Truth, parseJson(await readFile(options.truth)), options.truth);
  const { card, folder, digest } = await readModel(options.model);
  const { height, width, backgroundGray: background, trainingRange } = card.stimulus;
  const engine = createOnnxEngine({ threads: 2 });
  await engine.load(folder, digest);
  const respond = card.neurons.map(({ id }) =>
    createNeuron(truth.neurons.find((neuron) => neuron.id === id)!),
  );
  const neurons = Int32Array.from(respond.keys());
  const families = draw({ height, width, background }, truth.seed);
  const natural = families['natural, as they are']!;
  const spreads = respond.map((own) => deviation(rows(natural).map(own)));
  const shown: Shown[] = [];
  for (const [family, stimuli] of Object.entries(families)) {
    const found = await engine.respond({ digest, stimuli, neurons });
    for (const [i, pixels] of rows(stimuli).entries()) {
      const errors = respond.map(
        (own, n) => Math.abs(found[i * respond.length + n]! - own(pixels)) / spreads[n]!,
      );
      const statistics = stimulusStatistics({ height, width, pixels });
      const told = rangeWarnings(statistics, trainingRange);
      const warned = WARNINGS.filter((warning) => {
        const [name = '', sign = ''] = [warning.slice(0, -2), warning.slice(-1)];
        return told.some((line) => line.includes(name) && line.includes(` ${sign} `));
      });
      shown.push({ family, error: mean(errors), warned });
    }
  }
  await engine.close();
  console.log('| stimuli | of them warned | error, warned: median | not warned | area |');
  console.log('|---|---|---|---|---|');
  for (const family of Object.keys(families)) {
    const among = shown.filter((each) => each.family === family);
    print(family, among, ({ warned }) => warned.length > 0);
  }
  print('all', shown, ({ warned }) => warned.length > 0);
  console.log('\n| warning | stimuli with it | error: median | without any | area |');
  console.log('|---|---|---|---|---|');
  for (const warning of WARNINGS) {
    const among = shown.filter(({ warned }) => warned.length === 0 || warned.includes(warning));
    print(warning, among, ({ warned }) => warned.length > 0);
  }
  console.log('\nThose with one warning alone, against those without any:\n');
  for (const warning of WARNINGS) {
    const among = shown.filter(
      ({ warned }) => warned.length === 0 || (warned.length === 1 && warned[0] === warning),
    );
    print(warning, among, ({ warned }) => warned.length > 0);
  }
}

function draw(canvas: Canvas, seed: number): Readonly<Record<string, Stimuli>> {
  const random = randomStream(seed, 'warnings');
  const drawImage = createImageSource();
  const between = (low: number, high: number) => low * (high / low) ** random.uniform();
  const many = (one: (i: number) => Stimuli) =>
    concatStimuli(Array.from({ length: COUNT }, (_, i) => one(i)));
  const rendered = (kind: Kind, parameters: object) =>
    renderParametric({ kind, parameters: SCHEMAS[kind].parse(parameters), clip: false }, canvas)
      .stimuli;
  const image = (i: number, contrast: number, shift: number): Stimuli => ({
    count: 1,
    height: canvas.height,
    width: canvas.width,
    pixels: Float32Array.from(drawImage(seed, 'validation', i), (gray) =>
      clamp(0.5 + contrast * (gray / 255 - 0.5) + shift),
    ),
  });
  const orientation = () => 180 * random.uniform();
  const place = () => ({ x: 8 * (random.uniform() - 0.5), y: 8 * (random.uniform() - 0.5) });
  const phase = () => 360 * random.uniform();
  const side = canvas.height * canvas.width;
  const noise = () => {
    const contrast = between(0.02, 0.5);
    return Float32Array.from({ length: side }, () => clamp(0.5 + contrast * random.normal()));
  };
  const grating = (diameter: number | null) => () =>
    rendered('grating', {
      ...{ diameter, orientation: orientation(), phase: phase(), ...place() },
      ...{ spatialFrequency: between(0.04, 0.35), contrast: between(0.05, 0.99) },
    });
  return {
    'natural, as they are': many((i) => image(i, 1, 0)),
    'natural, contrast changed': many((i) => image(i, between(0.1, 3), 0)),
    'natural, mean shifted': many((i) => image(i, 1, 0.6 * (random.uniform() - 0.5))),
    'gratings, 16 pixels': many(grating(16)),
    'gratings, whole image': many(grating(null)),
    discs: many((i) =>
      rendered('disc', {
        ...place(),
        ...{ diameter: between(3, 30), contrast: (i % 2 === 0 ? 1 : -1) * between(0.1, 0.99) },
      }),
    ),
    'white noise': many(() => ({
      ...{ count: 1, height: canvas.height, width: canvas.width },
      pixels: noise(),
    })),
  };
}

function print(name: string, among: readonly Shown[], isWarned: (one: Shown) => boolean): void {
  const [warned, others] = [among.filter(isWarned), among.filter((one) => !isWarned(one))].map(
    (part) => part.map(({ error }) => error),
  ) as [number[], number[]];
  const middle = (errors: number[]) => (errors.length === 0 ? '' : median(errors).toFixed(2));
  const cells = [name, `${warned.length} of ${among.length}`, middle(warned), middle(others)];
  console.log(`| ${[...cells, area(warned, others)].join(' | ')} |`);
}

/** The chance that one of the first is larger than one of the second. */
function area(first: readonly number[], second: readonly number[]): string {
  if (first.length === 0 || second.length === 0) return '';
  const above = first.flatMap((a) => second.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return mean(above).toFixed(2);
}

function rows(stimuli: Stimuli): Float32Array[] {
  return Array.from({ length: stimuli.count }, (_, i) => stimulusAt(stimuli, i).pixels);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

await runCommand(
  new Command('bench:warnings')
    .description(
      "compares warnings of the training range with the model's error on a synthetic site",
    )
    .option('--model <folder>', 'of one version', 'models/demo/1')
    .option('--truth <file>', 'of the site that it was trained on', 'data/demo/truth.json')
    .action(bench),
);
