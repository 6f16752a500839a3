import { randomStream } from '../../../src/network/random.js';
import type {
  ImageSource,
  LabFile,
  PresentationSource,
  Presentations,
  SpikeSource,
  TableSource,
  Tier,
  TraceSource,
} from '../../../training/ingest/lab-file.js';
import type { IngestOptions } from '../../../training/ingest/prepare-dataset.js';

/** What `ingest` does without options, but for a larger share for validation. */
export const INGEST_DEFAULTS: IngestOptions = {
  names: {},
  times: { firstImage: undefined, window: undefined, baseline: undefined },
  transform: {
    ...{ transpose: false, crop: undefined, gray: false, size: undefined },
    degreesPerPixel: undefined,
  },
  scale: {},
  neurons: { units: undefined, minRate: undefined, minReliability: undefined },
  split: { minRepeats: 4, validation: 0.25, seed: 1, keepNear: false },
  keepBlanks: false,
};

/** Different images of 20x20 bytes. */
export function drawImages(count: number): number[][] {
  const random = randomStream(1, 'images');
  return Array.from({ length: count }, () =>
    Array.from({ length: 400 }, () => Math.floor(256 * random.uniform())),
  );
}

/** Images whose pixels are given, all of one size. */
export function imageSource(
  images: readonly (readonly number[])[],
  given: Partial<ImageSource> = {},
): ImageSource {
  const size = images[0]!.length;
  const side = Math.sqrt(size / (given.channels ?? 1));
  return {
    ...{ name: 'images', count: images.length, height: side, width: side, channels: 1 },
    ...{ element: 'u1', degreesPerPixel: null },
    read: async (first, count) => Uint8Array.from(images.slice(first, first + count).flat()),
    ...given,
  };
}

export function presentationSource(
  image: readonly number[],
  given: Partial<PresentationSource> & {
    readonly onset?: readonly number[];
    readonly tier?: readonly Tier[];
  } = {},
): PresentationSource {
  const { onset, tier, ...rest } = given;
  const presentations: Presentations = {
    image: Int32Array.from(image),
    onset: onset && Float64Array.from(onset),
    tier,
  };
  return {
    ...{ name: 'trials', count: image.length, images: undefined },
    read: async () => presentations,
    ...rest,
  };
}

function neuronsOf(count: number) {
  const ids = Array.from({ length: count }, (_, neuron) => `unit ${neuron}`);
  return { name: 'responses', neurons: count, ids, columns: new Map() };
}

/** @param rows [rows, neurons] */
export function tableSource(
  rows: readonly (readonly number[])[],
  given: Partial<TableSource> = {},
): TableSource {
  return {
    ...neuronsOf(rows[0]!.length),
    ...{ kind: 'table', rowsAre: 'trials', rows: rows.length, unit: 'spikes' },
    read: async (first, count) => Float32Array.from(rows.slice(first, first + count).flat()),
    ...given,
  };
}

/** @param spikes seconds, of each unit */
export function spikeSource(
  spikes: readonly (readonly number[])[],
  given: Partial<SpikeSource> = {},
): SpikeSource {
  return {
    ...neuronsOf(spikes.length),
    ...{ kind: 'spikes', unit: 'spikes' },
    spikes: async (neuron) => Float64Array.from(spikes[neuron]!),
    observed: async () => undefined,
    ...given,
  };
}

/** @param samples [samples, neurons] */
export function traceSource(
  samples: readonly (readonly number[])[],
  times: readonly number[],
  given: Partial<TraceSource> = {},
): TraceSource {
  return {
    ...neuronsOf(samples[0]!.length),
    ...{ kind: 'traces', unit: 'dF/F', samples: samples.length },
    times: async () => Float64Array.from(times),
    read: async (first, count) => Float32Array.from(samples.slice(first, first + count).flat()),
    ...given,
  };
}

export function labFile(given: Partial<LabFile>): LabFile {
  return {
    ...{ format: 'test', images: [], presentations: [], responses: [], notes: [] },
    close: async () => undefined,
    ...given,
  };
}
