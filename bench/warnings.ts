// Which statistic of a stimulus predicts the error of a model: `npm run bench:warnings`. Varied stimuli go
// to the true neurons of a synthetic site and to the model trained on it. The error of a stimulus is the
// mean over neurons of |model - truth|, in standard deviations of the true responses to natural images; the
// error above the blank is the same of responses less the response to the blank. The area is the chance
// that a stimulus outside the training range has a larger error than one inside it.
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { runCommand } from '../src/cli/run-command.js';
import { experimentContext } from '../src/experiments/context.js';
import { parseAs, parseJson } from '../src/formats/json.js';
import { createCpuEngine } from '../src/inference/cpu-engine.js';
import { ADDON_FILE } from '../src/inference/kernels/addon.js';
import { findModel } from '../src/models/find-model.js';
import { memberColumns, reduceMembers } from '../src/models/members.js';
import { blankStimulus } from '../src/stimulus/parametric/paint.js';
import type { Canvas } from '../src/stimulus/stimuli.js';
import {
  type StimulusStatistics,
  stimulusStatistics,
  type TrainingRange,
} from '../src/stimulus/training-range.js';
import { createNeuron } from '../training/synthetic/neuron.js';
import { Truth } from '../training/synthetic/truth.js';
import { median, quantile } from './figures.js';
import { areWarned, printCounts } from './warnings/counts.js';
import { drawFamilies, type Family } from './warnings/families.js';
import { printSweeps } from './warnings/sweeps.js';

const NAMES = ['mean', 'contrast', 'spatialFrequency'] as const;
const SIDES = NAMES.flatMap((name) => [`${name} <`, `${name} >`]);

/** A presented stimulus. */
interface PresentedStimulus {
  readonly family: Family;
  readonly error: number;
  readonly errorAboveBlank: number;
  /** Of an ensemble: the mean over neurons of the members' standard deviation, in the same unit; else 0. */
  readonly spread: number;
  /** Whether the service warns of it. */
  readonly isWarned: boolean;
  /** Distance of each statistic outside its range, by side, such as `mean <`. */
  readonly outside: ReadonlyMap<string, number>;
}

async function bench(options: { readonly model: string; readonly truth: string }): Promise<void> {
  const truth = parseAs(Truth, parseJson(await readFile(options.truth)), options.truth);
  const { card, folder, digest } = await findModel(options.model);
  const { height, width, backgroundGray: background, trainingRange } = card.stimulus;
  if (trainingRange === null) throw new Error(`${options.model}: the card has no training range`);
  const canvas: Canvas = { height, width, channels: 1, background };
  const engine = createCpuEngine({ threads: 2, kernels: ADDON_FILE });
  await engine.load(folder, digest);
  const respond = card.neurons.map(({ id }) =>
    createNeuron(truth.neurons.find((neuron) => neuron.id === id)!),
  );
  const all: Int32Array = Int32Array.from(respond.keys());
  const predict = async (images: readonly Float32Array[], neurons = all) => {
    const pixels = new Float32Array(images.length * height * width);
    for (const [i, image] of images.entries()) pixels.set(image, i * height * width);
    const stimuli = { count: images.length, height, width, channels: 1 as const, pixels };
    const found = await engine.respond({ digest, stimuli, neurons });
    return images.map((_, i) => found.subarray(i * neurons.length, (i + 1) * neurons.length));
  };
  const families = drawFamilies(canvas, truth.seed);
  const served = {
    ...{ model: { name: card.name, version: card.version, digest, card }, canvas },
    context: experimentContext({
      respond: (stimuli, neurons) => engine.respond({ digest, stimuli, neurons }),
    }),
  };
  const spreads = respond.map((own) => deviation(families[0]!.images.map(own)));
  const blank = blankStimulus(canvas).pixels;
  const [found] = await predict([blank]);
  const offsets = respond.map((own, n) => found![n]! - own(blank));
  const members = card.members?.length ?? 0;
  const columns = memberColumns({ neurons: card.neurons.length, members }, all);
  const presented: PresentedStimulus[] = [];
  for (const family of families) {
    const warned = await areWarned(served, family.images);
    const ofMembers = members > 0 ? await predict(family.images, columns) : [];
    for (const [i, responses] of (await predict(family.images)).entries()) {
      const image = family.images[i]!;
      const errors = respond.map((own, n) => responses[n]! - own(image));
      const size = (from: (n: number) => number) =>
        mean(errors.map((error, n) => Math.abs(error - from(n)) / spreads[n]!));
      presented.push({
        family,
        error: size(() => 0),
        errorAboveBlank: size((n) => offsets[n]!),
        isWarned: warned[i]!,
        spread: members > 0 ? relativeSpread(ofMembers[i]!, members, spreads) : 0,
        outside: splitBySide(stimulusStatistics({ ...canvas, pixels: image }), trainingRange),
      });
    }
  }
  printSides(presented);
  printDistances(presented);
  printFamilies(presented, families);
  printFlags(presented, members > 0);
  await printCounts(served, families);
  await printSweeps({ truth, card, canvas, respond, predict, range: trainingRange.contrast });
  await engine.close();
}

/** Returns the statistics outside their ranges, with the distances. */
function splitBySide(statistics: StimulusStatistics, range: TrainingRange): Map<string, number> {
  const outside = new Map<string, number>();
  for (const name of NAMES) {
    const [low, high] = range[name];
    if (statistics[name] < low) outside.set(`${name} <`, low - statistics[name]);
    if (statistics[name] > high) outside.set(`${name} >`, statistics[name] - high);
  }
  return outside;
}

function printSides(presented: readonly PresentedStimulus[]): void {
  heading('outside by this alone', 'stimuli', 'error', 'inside', 'area', 'area within one kind');
  for (const side of SIDES) {
    const [outside, inside] = alone(presented, side);
    const cells = [outside.length, middle(outside), middle(inside), area(outside, inside)];
    row(
      side,
      ...cells,
      area(outside, inside, (a, b) => a.family.kind === b.family.kind),
    );
  }
}

/** In thirds of the stimuli, the nearest to the range first. */
function printDistances(presented: readonly PresentedStimulus[]): void {
  heading('outside by this alone', 'how far', 'stimuli', 'error', 'area', 'area within one kind');
  for (const side of SIDES) {
    const [outside, inside] = alone(presented, side);
    const distance = ({ outside: sides }: PresentedStimulus) => sides.get(side)!;
    const sorted = outside.toSorted((a, b) => distance(a) - distance(b));
    for (let third = 0; third < 3; third++) {
      const end = (k: number) => Math.round((k * sorted.length) / 3);
      const part = sorted.slice(end(third), end(third + 1));
      if (part.length === 0) continue;
      const far = [part[0]!, part.at(-1)!].map((one) => distance(one).toFixed(3)).join(' to ');
      const cells = [far, part.length, middle(part), area(part, inside)];
      row(
        side,
        ...cells,
        area(part, inside, (a, b) => a.family.kind === b.family.kind),
      );
    }
  }
}

/** Stimuli outside the range by one statistic only, and stimuli inside by all. */
function alone(
  presented: readonly PresentedStimulus[],
  side: string,
): [outside: PresentedStimulus[], inside: PresentedStimulus[]] {
  return [
    presented.filter(({ outside }) => outside.size === 1 && outside.has(side)),
    presented.filter(({ outside }) => outside.size === 0),
  ];
}

/** By RMS contrast alone, whatever the other statistics are. */
function printFamilies(presented: readonly PresentedStimulus[], families: readonly Family[]): void {
  const above = ({ errorAboveBlank }: PresentedStimulus) => errorAboveBlank;
  const sides = ['contrast <', 'contrast >'];
  heading('RMS contrast', 'side', 'outside', 'error', 'inside', 'area', 'above the blank', 'area');
  for (const family of families) {
    const own = presented.filter((one) => one.family === family);
    const inside = own.filter(({ outside }) => !sides.some((side) => outside.has(side)));
    for (const side of sides) {
      const part = own.filter(({ outside }) => outside.has(side));
      if (part.length === 0) continue;
      row(
        family.name,
        side.at(-1)!,
        `${part.length} of ${own.length}`,
        middle(part),
        middle(inside),
        area(part, inside),
        `${middle(part, above)}, ${middle(inside, above)}`,
        area(part, inside, undefined, above),
      );
    }
  }
}

/** The members' standard deviation over a stimulus, in those of the true responses, averaged over neurons. */
function relativeSpread(own: Float32Array, members: number, units: readonly number[]): number {
  const { spread } = reduceMembers(own, members);
  return mean(Array.from(spread, (value, n) => value / units[n]!));
}

/** What the warnings of the service say of the error, and next to them the contrast and an ensemble's spread. */
function printFlags(presented: readonly PresentedStimulus[], hasMembers: boolean): void {
  const natural = presented.filter(({ family }) => family.name === 'natural, as they are');
  const limit = quantile(
    natural.map(({ spread }) => spread),
    0.95,
  );
  const flags: Readonly<Record<string, (one: PresentedStimulus) => boolean>> = {
    'the service': ({ isWarned }) => isWarned,
    'contrast outside its range': ({ outside }) =>
      outside.has('contrast <') || outside.has('contrast >'),
    ...(hasMembers && {
      'spread above 95 % of natural images': ({ spread }) => spread > limit,
    }),
  };
  heading('warned by', 'stimuli', 'error', 'of the others', 'area', 'area within one kind');
  for (const [name, isWarned] of Object.entries(flags)) {
    const [warned, others] = [
      presented.filter(isWarned),
      presented.filter((one) => !isWarned(one)),
    ];
    const sameKind = (a: PresentedStimulus, b: PresentedStimulus) =>
      a.family.kind === b.family.kind;
    const cells = [`${warned.length} of ${presented.length}`, middle(warned), middle(others)];
    row(name, ...cells, area(warned, others), area(warned, others, sameKind));
  }
}

function heading(...cells: readonly string[]): void {
  console.log(`\n| ${cells.join(' | ')} |\n|${cells.map(() => '---').join('|')}|`);
}

function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

type Value = (one: PresentedStimulus) => number;
const error: Value = (one) => one.error;

function middle(among: readonly PresentedStimulus[], value = error): string {
  return among.length === 0 ? '' : median(among.map(value)).toFixed(2);
}

/** The chance that one of the first has a larger value than one of the second, over pairs that count. */
function area(
  first: readonly PresentedStimulus[],
  second: readonly PresentedStimulus[],
  counts: (a: PresentedStimulus, b: PresentedStimulus) => boolean = () => true,
  value = error,
): string {
  let pairs = 0;
  let larger = 0;
  for (const a of first) {
    for (const b of second) {
      if (!counts(a, b)) continue;
      pairs += 1;
      larger += value(a) > value(b) ? 1 : value(a) === value(b) ? 0.5 : 0;
    }
  }
  return pairs === 0 ? '' : (larger / pairs).toFixed(2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

await runCommand(
  new Command('bench:warnings')
    .description("compares statistics of stimuli with the model's error on a synthetic site")
    .option('--model <folder>', 'a trained one', 'models/demo/1')
    .option('--truth <file>', 'of the site that it was trained on', 'data/demo/truth.json')
    .action(bench),
);
