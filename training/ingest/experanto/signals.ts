import { InputError } from '../../../src/errors.js';
import {
  decodeElements,
  STORED_BYTES,
  type StoredElement,
} from '../../../src/formats/npy-elements.js';
import type { FileTree } from '../arrays/file-tree.js';
import { createRowReader, type NamedArray } from '../arrays/named-array.js';
import { openNpyArray } from '../arrays/npy-array.js';
import type { SpikeSource, TraceSource } from '../lab-file.js';
import type { Signals } from './read-meta.js';
import { readAll } from './screen.js';

const TYPES: Readonly<Record<string, StoredElement>> = {
  ...{ float16: 'f2', float32: 'f4', float64: 'f8', int16: 'i2', int32: 'i4', uint16: 'u2' },
};
const NUMPY = '\x93NUMPY';

function neuronsOf(name: string, { n_signals: neurons }: Signals) {
  const ids = Array.from({ length: neurons }, (_, neuron) => String(neuron));
  return { name, neurons, ids, columns: new Map() };
}

/**
 * Opens signals that were sampled all the time.
 * @param root of their folder
 * @returns the source, and a note where the neurons were sampled one after the other
 */
export async function openTraces(tree: FileTree, root: string, name: string, meta: Signals) {
  const { n_signals: neurons, sampling_rate: rate, start_time: start } = meta;
  if (!rate) throw new InputError(`${root}meta.yml has no sampling_rate; expected samples/s`);
  const array = await openSamples(tree, root, meta);
  const [samples = 0, columns] = array.shape;
  if (array.shape.length !== 2 || columns !== neurons) {
    throw new InputError(
      `${array.name} has the shape (${array.shape.join(', ')}); expected (samples, ${neurons}), as meta.yml has signals`,
    );
  }
  const shifts = meta.phase_shift_per_signal
    ? await readAll(tree, `${root}meta/phase_shifts.npy`)
    : new Float64Array(1);
  const shift = shifts.reduce((sum, own) => sum + own, 0) / shifts.length;
  const read = createRowReader(array, [0, 1]);
  const source: TraceSource = {
    ...neuronsOf(name, meta),
    ...{ kind: 'traces', unit: 'as recorded', samples },
    times: async () => Float64Array.from({ length: samples }, (_, i) => start + shift + i / rate),
    read: async (first, count) => Float32Array.from(await read(first, count)),
  };
  const most = Math.max(...shifts.map((own) => Math.abs(own - shift)));
  const note = `Times of ${name} are the mean of its neurons, which were sampled up to ${Math.round(1000 * most)} ms earlier or later.`;
  return { source, notes: meta.phase_shift_per_signal ? [note] : [] };
}

/** data.npy, or data.mem, which has the numbers alone. */
async function openSamples(tree: FileTree, root: string, meta: Signals): Promise<NamedArray> {
  const npy = `${root}data.npy`;
  if (tree.names.includes(npy)) return await openNpyArray(npy, await tree.bytes(npy));
  const name = `${root}data.mem`;
  const bytes = await tree.bytes(name);
  const element = TYPES[meta.dtype ?? ''];
  const { n_timestamps: samples, n_signals: neurons } = meta;
  if (element === undefined || !samples) {
    throw new InputError(
      `${root}meta.yml has the dtype ${meta.dtype} and ${samples} timestamps; expected one of ${Object.keys(TYPES).join(', ')}, and a number`,
    );
  }
  const size = STORED_BYTES[element];
  if (bytes.length !== samples * neurons * size) {
    throw new InputError(
      `${name} is cut off or too long: it has ${bytes.length} bytes; expected ${samples} x ${neurons} x ${size}`,
    );
  }
  return {
    ...{ name, shape: [samples, neurons], element, fastest: 'last' },
    async read(first, count) {
      const own = await bytes.read(first * size, count * size);
      return decodeElements(new Uint8Array(own), element, false);
    },
  };
}

/** Opens spike times: those of each unit after those of the one before; `spike_indices` has where each begins. */
export async function openSpikes(
  tree: FileTree,
  root: string,
  name: string,
  meta: Signals,
): Promise<SpikeSource> {
  const file = `${root}spikes.npy`;
  const ends = meta.spike_indices ?? [...(await readAll(tree, `${root}spike_indices.npy`))];
  const times = await readTimes(tree, file);
  const { n_signals: neurons } = meta;
  const isAscending = ends.every((end, i) => i === 0 || end >= ends[i - 1]!);
  if (
    ends.length !== neurons + 1 ||
    ends[0] !== 0 ||
    ends.at(-1) !== times.length ||
    !isAscending
  ) {
    throw new InputError(
      `spike_indices of ${root} do not fit: ${ends.length} from ${ends[0]} to ${ends.at(-1)}; expected ` +
        `${neurons + 1} ascending ones from 0 to ${times.length}, the spikes of ${neurons} units`,
    );
  }
  return {
    ...neuronsOf(name, meta),
    ...{ kind: 'spikes', unit: 'spikes' },
    spikes: async (neuron) => times.slice(ends[neuron]!, ends[neuron + 1]!).sort(),
    observed: async () => [[meta.start_time, meta.end_time]],
  };
}

/** float64, with the header of a .npy file or without it. */
async function readTimes(tree: FileTree, file: string): Promise<Float64Array> {
  const bytes = await tree.bytes(file);
  const whole = await bytes.read(0, bytes.length);
  if (whole.toString('latin1', 0, 6) === NUMPY) return await readAll(tree, file);
  if (whole.length % 8 !== 0) {
    throw new InputError(
      `${file} is cut off: it has ${whole.length} bytes; expected 8 for a spike`,
    );
  }
  return Float64Array.from(decodeElements(new Uint8Array(whole), 'f8', false));
}
