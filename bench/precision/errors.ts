import {
  planCharacterization,
  runCharacterization,
} from '../../src/experiments/characterize/characterize.js';
import type { CharacterizedNeuron, StageName } from '../../src/experiments/characterize/schemas.js';
import { experimentContext } from '../../src/experiments/context.js';
import { createCpuEngine } from '../../src/inference/cpu-engine.js';
import type { Engine } from '../../src/inference/engine.js';
import { ADDON_FILE } from '../../src/inference/kernels/addon.js';
import { findModel } from '../../src/models/find-model.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { PRECISIONS } from '../../src/network/precision.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { correlation, neuronMetrics } from '../../src/tuning/metrics.js';
import { openValidation } from '../../training/data/site.js';
import { createImageSource } from '../../training/synthetic/images.js';
import { median } from '../figures.js';

/** A characterization's indices that are compared. */
const INDICES = [
  'OSI',
  'gOSI',
  'preferredOrientationFit',
  'bandwidth',
  'SSI',
  'preferredSpatialFrequency',
] as const;
type Name = (typeof INDICES)[number];
const STAGES: readonly StageName[] = ['grating', 'size', 'contrast', 'surround'];

export interface ErrorOptions {
  readonly model: string;
  readonly data?: string;
  readonly site?: string;
  readonly images: number;
  readonly characterized: number;
  readonly threads: number;
}

interface Answers {
  /** [images, neurons] */
  readonly responses: Float32Array;
  readonly rows: readonly CharacterizedNeuron[];
}

/** Prints how much the answers of each precision differ from those of float32. */
export async function printErrors(options: ErrorOptions): Promise<void> {
  const saved = await findModel(options.model);
  const { images, real } = await imagesOf(saved, options);
  const neurons = saved.card.neurons.length;
  const answers: Answers[] = [];
  for (const precision of PRECISIONS) {
    const { threads } = options;
    const engine = createCpuEngine({ threads, kernels: ADDON_FILE, precision });
    await engine.load(saved.folder, saved.digest);
    answers.push(await ask(engine, saved, images, options.characterized));
    await engine.close();
  }
  const [exact, ...others] = answers;
  console.log(
    `${saved.card.name}/${saved.card.version}, ${saved.card.architecture.id}, ${neurons} neurons, ` +
      `${images.count} images${real ? ' of the recording' : ''}; changes from float32: median, largest\n`,
  );
  const measured = others.map((other) => compare(exact!, other, neurons, real));
  console.log(`| | ${PRECISIONS.slice(1).join(' | ')} |\n|---|---|---|`);
  for (const name of measured[0]!.keys()) {
    const cells = measured.map((each) => {
      const values = each.get(name)!;
      if (values.length === 0) return 'undefined';
      return `${show(median(values))}, ${show(Math.max(...values))}`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

/** @returns `real` [images][neuron], where there is a recording */
async function imagesOf({ card }: SavedModel, { data, site, images }: ErrorOptions) {
  if (data !== undefined && site !== undefined) {
    const { validation, close } = await openValidation(data, site, {});
    const { count, responses, neurons } = validation;
    const stimuli = await validation.stimuli(Uint32Array.from({ length: count }, (_, i) => i));
    await close();
    const real = card.neurons.map(({ id }) =>
      Float32Array.from({ length: count }, (_, image) => responses[image * neurons + id]!),
    );
    return { images: stimuli, real };
  }
  const draw = createImageSource();
  const { height, width } = card.stimulus;
  const pixels = new Float32Array(images * height * width);
  for (let i = 0; i < images; i++) {
    const drawn = draw(7, 'validation', i);
    pixels.set(
      Float32Array.from(drawn, (gray) => gray / 255),
      i * height * width,
    );
  }
  return {
    images: { count: images, height, width, channels: 1 as const, pixels },
    real: undefined,
  };
}

async function ask(
  engine: Engine,
  { card, digest }: SavedModel,
  stimuli: Stimuli,
  characterized: number,
): Promise<Answers> {
  const all = Int32Array.from(card.neurons.keys());
  const responses = await engine.respond({ digest, stimuli, neurons: all });
  if (characterized === 0) return { responses, rows: [] };
  const model = { name: card.name, version: card.version, digest, card };
  const ids = card.neurons.slice(0, characterized).map(({ id }) => id);
  const plan = planCharacterization({ model }, { neurons: ids });
  const context = experimentContext({
    respond: (wanted, neurons) => engine.respond({ digest, stimuli: wanted, neurons }),
  });
  return { responses, rows: (await runCharacterization(plan, context)).neurons };
}

/** The changes of each measure, of all neurons or responses. */
function compare(
  exact: Answers,
  other: Answers,
  neurons: number,
  real: readonly Float32Array[] | undefined,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const column = ({ responses }: Answers, neuron: number) =>
    responses.filter((_, i) => i % neurons === neuron);
  const each = <T>(measure: (neuron: number) => T) =>
    Array.from({ length: neurons }, (_, neuron) => measure(neuron));
  found.set(
    "responses, of the neuron's range",
    each((neuron) => {
      const [a, b] = [column(exact, neuron), column(other, neuron)];
      const range = Math.max(...a) - Math.min(...a);
      return Array.from(a, (x, i) => Math.abs(x - b[i]!) / range);
    }).flat(),
  );
  if (real !== undefined) {
    const metrics = (answers: Answers) =>
      each((neuron) => neuronMetrics(real[neuron]!, column(answers, neuron)));
    const [before, after] = [metrics(exact), metrics(other)];
    for (const [name, key] of [
      ['CORR', 'corr'],
      ['PT_J', 'ptJ'],
      ['PT_S', 'ptS'],
    ] as const) {
      const changes = before.map((own, i) => Math.abs((own[key] ?? NaN) - (after[i]![key] ?? NaN)));
      found.set(name, changes.filter(Number.isFinite));
    }
  }
  const pairs = exact.rows.map((row, i) => [row, other.rows[i]!] as const);
  if (pairs.length === 0) return found;
  for (const stage of STAGES) {
    found.set(
      `1 - correlation of the curve: ${stage}`,
      pairs.flatMap(([a, b]) => {
        const r = correlation(a.stages[stage].curve.flat(), b.stages[stage].curve.flat());
        return r === null ? [] : [1 - r];
      }),
    );
  }
  for (const name of INDICES) {
    found.set(
      name === 'preferredOrientationFit' ? `${name}, degrees` : name,
      pairs
        .map(([a, b]) => difference(name, value(a, name), value(b, name)))
        .filter(Number.isFinite),
    );
  }
  return found;
}

function value({ indices }: CharacterizedNeuron, name: Name): number {
  return indices[name].value ?? Number.NaN;
}

function difference(name: Name, a: number, b: number): number {
  const apart = Math.abs(a - b);
  return name === 'preferredOrientationFit' ? Math.min(apart, 180 - apart) : apart;
}

function show(x: number): string {
  if (x === 0) return '0';
  return x < 1e-3 ? x.toExponential(1) : x.toPrecision(2);
}
