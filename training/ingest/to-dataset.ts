import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ElementValues } from '../../src/formats/npy-elements.js';
import type { Monitor } from '../../src/stimulus/colour/monitor.js';
import { digestOfFile } from '../data/row-file.js';
import type { NewDataset } from '../dataset/write-dataset.js';
import { readBlocks } from './images/survey.js';
import type { LabFile } from './lab-file.js';
import type { PreparedDataset } from './prepare-dataset.js';
import { listFiles } from './read-file.js';

/** Where a dataset is from. */
export interface Origin {
  readonly file: LabFile;
  /** The file or the folder of the recording. */
  readonly recording: string;
  /** Of the dataset. */
  readonly name: string;
  readonly command: string;
  /** That showed the images, where it is known. */
  readonly monitor?: Monitor | undefined;
  /** Called with the number of images that are read. */
  readonly report: (done: number) => void;
}

/** What is written of a prepared recording. */
export async function datasetOf(prepared: PreparedDataset, origin: Origin): Promise<NewDataset> {
  const { sources, transform, scale, images, neurons, responses } = prepared;
  const { height, width, channels, degreesPerPixel, changes } = transform;
  return {
    card: {
      name: origin.name,
      images: {
        ...{ count: images.length, height, width, channels },
        white: scale.black === 0 ? scale.white : 1,
        degreesPerImage: degreesPerPixel === null ? null : degreesPerPixel * width,
        ...(origin.monitor && { monitor: origin.monitor }),
        changes: [...changes, ...(scale.note === undefined ? [] : [scale.note])],
      },
      neurons: neurons.map(({ id, reliability }) => ({ id, reliability })),
      responses: {
        unit: responses.unit,
        window: responses.window,
        baseline: responses.baseline,
      },
      splitRule: prepared.splitRule,
      dropped: [...prepared.dropped],
      source: {
        format: origin.file.format,
        images: sources.images.name,
        presentations: sources.presentations?.name ?? null,
        responses: sources.responses.name,
        files: await describeFiles(origin.recording),
      },
      notes: [...prepared.notes],
      command: origin.command,
    },
    images: readKept(prepared, origin.report),
    parts: images.map(({ part }) => part),
    trials: prepared.trials,
    trialImages: prepared.trialImage,
  };
}

/** Reads the images that are kept, in blocks, as they are written. */
async function* readKept(
  { sources, transform, scale, images }: PreparedDataset,
  report: (done: number) => void,
): AsyncGenerator<ElementValues> {
  const kept = new Set(images.map(({ index }) => index));
  let done = 0;
  for await (const { first, images: block } of readBlocks(sources.images, transform)) {
    const own = block.filter((_, offset) => kept.has(first + offset));
    if (own.length === 0) continue;
    yield onScale(own, scale);
    done += own.length;
    report(done);
  }
}

/** [count, …]: as they are stored, or shares of white where black is not 0. */
function onScale(
  images: readonly ElementValues[],
  { black, white }: PreparedDataset['scale'],
): ElementValues {
  const size = images[0]!.length;
  const type = images[0]!.constructor as new (length: number) => ElementValues;
  const values =
    black === 0 ? new type(images.length * size) : new Float32Array(images.length * size);
  for (const [i, pixels] of images.entries()) {
    if (black === 0) values.set(pixels, i * size);
    else
      for (const [k, pixel] of pixels.entries())
        values[i * size + k] = (pixel - black) / (white - black);
  }
  return values;
}

/** The files of a recording, with their digests; of a folder all that are in it, at any depth. */
async function describeFiles(recording: string) {
  const isFolder = (await stat(recording)).isDirectory();
  const root = isFolder ? recording : path.dirname(recording);
  const files = isFolder ? await listFiles(recording) : [path.basename(recording)];
  const described = [];
  for (const name of files) {
    const file = path.join(root, name);
    described.push({ name, bytes: (await stat(file)).size, sha256: await digestOfFile(file) });
  }
  return described;
}
