import { parametricSweep, tuningSweep } from '../../src/experiments/parametric.js';
import { planProbe, ReceptiveFieldRequest } from '../../src/experiments/position-probe.js';
import { blankStimulus } from '../../src/stimulus/parametric/paint.js';
import { type Canvas, concatStimuli, type Stimuli } from '../../src/stimulus/stimuli.js';
import { planSweep, type Sweep } from '../../src/stimulus/sweep.js';
import type { Steps } from '../../src/tuning/fits/least-squares.js';
import { F1F0 } from '../../src/tuning/indices.js';
import { neuronTuning } from '../../src/tuning/parametric.js';
import { type Field, locateField } from '../../src/tuning/preferred.js';
import { receptiveField } from '../../src/tuning/receptive-field.js';
import type { TrueNeuron } from '../../training/synthetic/truth.js';
import { median } from '../figures.js';

/** A true neuron, and the model's neuron that was trained on it. */
export interface Pair {
  readonly truth: TrueNeuron;
  readonly respond: (stimuli: Stimuli) => Float64Array;
  readonly predict: (stimuli: Stimuli) => Promise<Float64Array>;
}

/** Diameters of the grating, in mapped fields. */
const FIELDS_ACROSS = [0.75, 1, 1.25, 1.5, 1.75, 2];

/**
 * Compares F1/F0 of the model with that of the true neurons at the same gratings: around the field that the
 * position map of the model finds, and in the default experiment.
 * @param contrast of the gratings around the field, Michelson
 */
export async function printMeasured(
  pairs: readonly Pair[],
  canvas: Canvas,
  contrast: number,
): Promise<void> {
  const head = 'simple > 1 | complex <= 1 | distance from the true neuron: median | largest';
  console.log(`\n| the model: diameter | ${head} |`);
  console.log('|---|---|---|---|---|');
  const fields = await Promise.all(pairs.map((pair) => mappedField(pair, canvas)));
  const blank = blankStimulus(canvas);
  for (const across of FIELDS_ACROSS) {
    await print(`${across} mapped fields`, pairs, async (respond, i) => {
      const { orientation, spatialFrequency } = pairs[i]!.truth;
      const { x, y, diameter } = fields[i]!;
      const grating = {
        x,
        y,
        orientation,
        spatialFrequency,
        contrast,
        diameter: across * diameter,
      };
      const sweep = planSweep({ stimulus: { grating }, axes: [] }, canvas);
      return F1F0(await respond(painted(sweep)), (await respond(blank))[0]!).value;
    });
  }
  await print('default experiment', pairs, async (respond) => {
    const sweep = parametricSweep({}, canvas);
    const responses = await respond(painted(sweep));
    const [gray] = await respond(blank);
    return finish(neuronTuning(tuningSweep(sweep), responses, gray!)).indices['F1F0']!.value;
  });
}

async function print(
  name: string,
  pairs: readonly Pair[],
  measure: (respond: Pair['predict'], i: number) => Promise<number | null>,
): Promise<void> {
  const found: number[] = [];
  const distances: number[] = [];
  for (const [i, { respond, predict }] of pairs.entries()) {
    const value = (await measure(predict, i)) ?? Number.NaN;
    const own = (await measure(async (stimuli) => respond(stimuli), i)) ?? Number.NaN;
    found.push(value);
    distances.push(Math.abs(value - own));
  }
  const right = (kind: TrueNeuron['kind'], isRight: (value: number) => boolean) => {
    const of = found.filter((_, i) => pairs[i]!.truth.kind === kind);
    return `${of.filter(isRight).length} of ${of.length}`;
  };
  const cells = [
    right('simple', (value) => value > 1),
    right('complex', (value) => value <= 1),
    ...[median(distances), Math.max(...distances)].map((value) => value.toFixed(2)),
  ];
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}

async function mappedField({ predict }: Pair, canvas: Canvas): Promise<Field> {
  const probe = planProbe(ReceptiveFieldRequest.parse({}), canvas);
  const maps = probe.maps(await predict(painted(probe.sweep)));
  const [blank] = await predict(blankStimulus(canvas));
  const { field, fallbacks } = locateField(finish(receptiveField(probe, maps, blank!)), Number.NaN);
  if (fallbacks.length > 0) throw new Error(`the map has no ${fallbacks.join(' and no ')}`);
  return field;
}

function painted(sweep: Sweep): Stimuli {
  return concatStimuli(Array.from(sweep.paint(), ({ image }) => ({ count: 1, ...image })));
}

function finish<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
