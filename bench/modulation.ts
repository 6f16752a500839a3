// Compares definitions of F1/F0 that separate simple from complex cells: `npm run bench:modulation`.
// Each neuron's grating, at the true orientation, frequency and position, is presented at 8 phases and at
// several contrasts and diameters, to the true neurons of a synthetic site and to the model trained on it.
// Cells with F1/F0 above 1 are called simple.
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { parseAs, parseJson } from '../src/formats/json.js';
import { createCpuEngine } from '../src/inference/cpu-engine.js';
import { ADDON_FILE } from '../src/inference/kernels/addon.js';
import { findModel } from '../src/models/find-model.js';
import { blankStimulus } from '../src/stimulus/parametric/paint.js';
import { type Canvas, concatStimuli, type Stimuli, stimulusAt } from '../src/stimulus/stimuli.js';
import { planSweep } from '../src/stimulus/sweep.js';
import { F1F0 } from '../src/tuning/indices.js';
import { createNeuron } from '../training/synthetic/neuron.js';
import { type TrueNeuron, Truth } from '../training/synthetic/truth.js';
import { median } from './figures.js';
import { type Pair, printMeasured } from './modulation/measured.js';

/** The contrast of the characterization of `demo`, within the range of its training images. */
const IN_RANGE = 0.201;
const CONTRASTS = [0.1, IN_RANGE, 0.4, 0.99];
const DIAMETERS = [8, 12, 16, 20, 28, 50];
const PHASES = 8;
/** Diameters that are compared; `preferred` is the one of these with the largest mean response. */
const SHOWN = ['preferred', 16, 20, 50] as const;

interface Measured {
  readonly kind: TrueNeuron['kind'];
  readonly contrast: number;
  /** By diameter, then by phase; the blank last. */
  readonly responses: Float64Array;
}

async function bench({
  model,
  truth: file,
}: {
  readonly model: string;
  readonly truth: string;
}): Promise<void> {
  const truth = parseAs(Truth, parseJson(await readFile(file)), file);
  const { card, folder, digest } = await findModel(model);
  const { height, width, backgroundGray: background } = card.stimulus;
  const canvas: Canvas = { height, width, channels: 1, background };
  const engine = createCpuEngine({ threads: 2, kernels: ADDON_FILE });
  await engine.load(folder, digest);
  const own: Measured[] = [];
  const twin: Measured[] = [];
  const pairs: Pair[] = [];
  for (const neuron of truth.neurons) {
    const respond = createNeuron(neuron);
    const column = card.neurons.findIndex(({ id }) => id === neuron.id);
    const neurons = Int32Array.of(column);
    const pair: Pair = {
      truth: neuron,
      respond: (stimuli) =>
        Float64Array.from({ length: stimuli.count }, (_, i) =>
          respond(stimulusAt(stimuli, i).pixels),
        ),
      predict: async (stimuli) =>
        Float64Array.from(await engine.respond({ digest, stimuli, neurons })),
    };
    pairs.push(pair);
    for (const contrast of CONTRASTS) {
      const stimuli = gratings(neuron, contrast, canvas);
      const { kind } = neuron;
      own.push({ kind, contrast, responses: pair.respond(stimuli) });
      twin.push({ kind, contrast, responses: await pair.predict(stimuli) });
    }
  }
  print('the true neurons', own);
  print('the model', twin);
  await printMeasured(pairs, canvas, IN_RANGE);
  await engine.close();
}

/** At every diameter and phase, and the blank. */
function gratings(
  { orientation, spatialFrequency, x, y }: TrueNeuron,
  contrast: number,
  canvas: Canvas,
): Stimuli {
  const paths = { parameter: 'parameter', values: 'values' };
  const sweep = planSweep(
    {
      stimulus: { grating: { orientation, spatialFrequency, x, y, contrast } },
      axes: [{ parameter: 'diameter', values: DIAMETERS, paths }],
    },
    canvas,
  );
  const painted = Array.from(sweep.paint(), ({ image }) => ({ count: 1, ...image }));
  return concatStimuli([...painted, blankStimulus(canvas)]);
}

function print(name: string, all: readonly Measured[]): void {
  console.log(
    `\n| ${name}: contrast | diameter | blank | simple > 1 | complex <= 1 | median, simple | median, complex |`,
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const contrast of CONTRASTS) {
    for (const diameter of SHOWN) {
      for (const subtracted of [false, true]) {
        const of = (kind: TrueNeuron['kind']) =>
          all
            .filter((each) => each.contrast === contrast && each.kind === kind)
            .map(({ responses }) => modulation(responses, diameter, subtracted));
        const [simple, complex] = [of('simple'), of('complex')];
        const right = [
          `${simple.filter((value) => value > 1).length} of ${simple.length}`,
          `${complex.filter((value) => value <= 1).length} of ${complex.length}`,
        ];
        const medians = [median(simple), median(complex)].map((value) => value.toFixed(2));
        const cells = [
          contrast,
          diameter,
          subtracted ? 'subtracted' : 'left in',
          ...right,
          ...medians,
        ];
        console.log(`| ${cells.join(' | ')} |`);
      }
    }
  }
}

/** F1/F0 by the service's own function; NaN where no response exceeds that to the blank. */
function modulation(
  responses: Float64Array,
  diameter: (typeof SHOWN)[number],
  subtracted: boolean,
): number {
  const byDiameter = DIAMETERS.map((_, i) => responses.subarray(i * PHASES, (i + 1) * PHASES));
  const means = byDiameter.map((phases) => phases.reduce((sum, value) => sum + value, 0));
  const preferred = means.indexOf(Math.max(...means));
  const at = diameter === 'preferred' ? preferred : DIAMETERS.indexOf(diameter);
  const blank = subtracted ? responses.at(-1)! : 0;
  return F1F0(byDiameter[at]!, blank).value ?? Number.NaN;
}

await runCommand(
  new Command('bench:modulation')
    .description('compares definitions of F1/F0 on a synthetic site, whose simple cells are known')
    .option('--model <folder>', 'a trained one', 'models/demo/1')
    .option('--truth <file>', 'of the site that it was trained on', 'data/demo/truth.json')
    .action(bench),
);
