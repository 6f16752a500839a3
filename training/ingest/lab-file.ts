import type { Part } from '../../src/datasets/card.js';
import type { ElementValues, StoredElement } from '../../src/formats/npy-elements.js';

/**
 * What a lab's file holds, as the reader of its format found it. Nothing large is in memory until it is read. Each
 * list has all candidates; `chooseSources` chooses among them.
 */
export interface LabFile {
  /** Such as `NWB 2.6`. */
  readonly format: string;
  readonly images: readonly ImageSource[];
  readonly presentations: readonly PresentationSource[];
  readonly responses: readonly ResponseSource[];
  /** What may divide the images, where a person chooses it. */
  readonly splits?: readonly SplitSource[] | undefined;
  /** What a person should know before the data are used, in whole sentences. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** Images of one size. */
export interface ImageSource {
  /** Its path in the file, by which an option chooses it. */
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** 1: gray; 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly element: StoredElement;
  /** Visual angle of a pixel, where the file states it. */
  readonly degreesPerPixel: number | null;
  /** Images that are compressed together, so that to read one takes as long as to read all; without it 1. */
  readonly together?: number | undefined;
  /** @returns [count, height, width, channels], row-major, the values as they are stored */
  read(first: number, count: number): Promise<ElementValues>;
}

/** Which image was presented when. */
export interface PresentationSource {
  readonly name: string;
  /** Trials. */
  readonly count: number;
  /** The name of the images that it indexes; undefined where it fits any. */
  readonly images: string | undefined;
  /** How it disagrees with other presentations of the file, for a person who must choose one. */
  readonly conflict?: string | undefined;
  read(): Promise<Presentations>;
}

/** Trials, in the order of the recording. */
export interface Presentations {
  /** Index of the image, from 0; -1 for a blank screen. */
  readonly image: Int32Array;
  /** The number of the first image in the file, where that is a guess. */
  readonly guessedFirst?: 0 | 1 | undefined;
  /** Seconds on the clock of the responses; undefined where responses are given by trial. */
  readonly onset: Float64Array | undefined;
  /** The part of the split that the recording itself puts a trial in; undefined where it has none. */
  readonly tier: readonly Tier[] | undefined;
}

/** A part of the split, as a dataset has it. */
export type Tier = Part;

/** A part of the split for each trial, or for each image. */
export interface SplitSource {
  readonly name: string;
  /** Of its values. */
  readonly count: number;
  /** @throws InputError naming a value that is of no part */
  read(): Promise<readonly Tier[]>;
}

interface Neurons {
  readonly name: string;
  /** How many neurons. */
  readonly neurons: number;
  /** Of each neuron, as the file names it. */
  readonly ids: readonly string[];
  /** Unit of the values, such as `dF/F`; of spikes, `spikes`. */
  readonly unit: string;
  /** Columns about the neurons, such as `quality`, by which they are chosen; one value for each neuron. */
  readonly columns: ReadonlyMap<string, readonly (string | number | boolean)[]>;
}

/** Spike times of sorted units. */
export interface SpikeSource extends Neurons {
  readonly kind: 'spikes';
  /** @returns seconds, ascending */
  spikes(neuron: number): Promise<Float64Array>;
  /** When the unit was observed, [from, to) in seconds; undefined where it always was. */
  observed(neuron: number): Promise<readonly (readonly [from: number, to: number])[] | undefined>;
}

/** Signals that were sampled all the time, such as dF/F of calcium imaging. */
export interface TraceSource extends Neurons {
  readonly kind: 'traces';
  readonly samples: number;
  /** Seconds of each sample, ascending. */
  times(): Promise<Float64Array>;
  /** @returns [count, neurons], row-major; NaN where nothing was measured */
  read(first: number, count: number): Promise<Float32Array>;
}

/** One number for each trial or each image. */
export interface TableSource extends Neurons {
  readonly kind: 'table';
  /** What a row is: a trial of the presentations, or an image, in the order of the images. */
  readonly rowsAre: 'trials' | 'images';
  readonly rows: number;
  /** Rows of each image, one after the other, where they are of images; without it 1. */
  readonly repeats?: number | undefined;
  /** @returns [count, neurons], row-major; NaN where nothing was measured */
  read(first: number, count: number): Promise<Float32Array>;
}

export type ResponseSource = SpikeSource | TraceSource | TableSource;
