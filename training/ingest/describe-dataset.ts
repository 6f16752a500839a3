import { formatWindow } from '../../src/datasets/window.js';
import { median } from '../../src/tuning/median.js';
import type { Sources } from './choose-sources.js';
import type { LabFile } from './lab-file.js';
import type { PreparedDataset } from './prepare-dataset.js';

/** A line of a description; one without a name belongs to the line above. */
export interface DescribedRow {
  readonly name: string;
  readonly text: string;
}

/** Says what was taken of a recording, and what was left out, in lines of two columns. */
export function describeDataset(file: LabFile, dataset: PreparedDataset): string {
  const rows = describeRows(file, dataset);
  const widest = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, text }) => `${name.padEnd(widest)}  ${text}`).join('\n');
}

/** Says what was taken of a recording, and what was left out. */
export function describeRows(file: LabFile, dataset: PreparedDataset): DescribedRow[] {
  const { sources, transform, scale, images, neurons, trialImage, responses } = dataset;
  const { height, width, channels, degreesPerPixel, changes } = transform;
  const repeats = countRepeats(trialImage, images.length);
  const count = (part: string) => images.filter((image) => image.part === part).length;
  const test = count('test');
  const angle = degreesPerPixel === null ? '' : `, ${short(degreesPerPixel)} degrees per pixel`;
  const colour = channels === 3 ? ' in colour' : '';
  const reliable = neurons.flatMap(({ reliability }) =>
    reliability === null ? [] : [reliability],
  );
  const rows: (readonly [string, string])[] = [
    ['format', file.format],
    [
      'images',
      `${sources.images.name}: ${images.length} of ${sources.images.count}, ${height}x${width}${colour}${angle}`,
    ],
    ...changes.map((change) => ['', change] as const),
    ...(scale.note === undefined ? [] : [['', scale.note] as const]),
    [
      'presentations',
      `${describePresentations(sources)}: ${trialImage.length} trials are used${describeFirst(responses)}`,
    ],
    [
      'responses',
      `${sources.responses.name}: ${neurons.length} of ${sources.responses.neurons} neurons`,
    ],
    ['window', describeTimes(responses)],
    ['unit', responses.unit],
    ['repeats', describeRange(repeats)],
    [
      'reliability',
      reliable.length === 0
        ? 'unknown: images were not repeated'
        : `${short(median(reliable))} (median of ${reliable.length} neuron${reliable.length === 1 ? '' : 's'})`,
    ],
    [
      'split',
      `${count('train')} training, ${count('validation')} validation${test > 0 ? `, ${test} test` : ''}: ` +
        dataset.splitRule,
    ],
    ...dataset.dropped.map((each, i) => {
      return [i === 0 ? 'left out' : '', `${each.count} ${each.reason}`] as const;
    }),
    ...dataset.notes.map((note, i) => [i === 0 ? 'note' : '', note] as const),
  ];
  return rows.map(([name, text]) => ({ name, text }));
}

function describePresentations({ presentations, responses }: Sources): string {
  const repeats = responses.kind === 'table' ? (responses.repeats ?? 1) : 1;
  return presentations?.name ?? (repeats === 1 ? 'each image once' : `each image ${repeats} times`);
}

function describeTimes({ window, baseline }: PreparedDataset['responses']): string {
  if (window === null) return 'none: the file has one number for each trial';
  const less = baseline === null ? '' : `, less the mean of ${formatWindow(baseline)}`;
  return `${formatWindow(window)} after the onset of the image${less}`;
}

/** What was taken for the number of the first image, since a guess may be wrong. */
function describeFirst({ firstImage }: PreparedDataset['responses']): string {
  if (firstImage === undefined) return '';
  return `, images count from ${firstImage} (else --first-image ${1 - firstImage})`;
}

function describeRange(repeats: Uint32Array): string {
  const least = repeats.reduce((a, b) => Math.min(a, b));
  const most = repeats.reduce((a, b) => Math.max(a, b));
  return `${least} to ${most} trials of an image`;
}

function countRepeats(trialImage: Int32Array, images: number): Uint32Array {
  const repeats = new Uint32Array(images);
  for (const image of trialImage) repeats[image]! += 1;
  return repeats;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
