import { fileURLToPath } from 'node:url';
import { loadNativeAddon } from '../../files/native-addon.js';

declare const SITE: unique symbol;
declare const THREADS: unique symbol;
declare const MAILBOX: unique symbol;
declare const ANSWERER: unique symbol;
/** The networks of a site, as the addon knows them. */
export type NativeSite = { readonly [SITE]: true };
/** Threads of the addon. */
export type NativeThreads = { readonly [THREADS]: true };
/** Memory that two processes share, for one request and its answer. */
export type NativeMailbox = { readonly [MAILBOX]: true };
/** A thread of the other process, which answers them. */
export type NativeAnswerer = { readonly [ANSWERER]: true };

/** A request as the addon takes it. Nothing may change or move its arrays before it is answered. */
export type NativeRequest = readonly [
  site: NativeSite,
  /** Of all neurons, as `packStep` writes them. */
  weights: Float32Array,
  /** [image, channel, row, column] */
  images: Float32Array,
  /** Whose responses are wanted, in any order. */
  neurons: Int32Array,
  /** Where the responses are written, [image, neuron]. */
  responses: Float32Array,
];

/** The addon, whose code is in the .c files of this folder. It throws an Error where an argument is wrong. */
export interface Addon {
  /** The instructions of the CPU that it uses, such as AVX-512. */
  readonly instructions: string;
  /** Channels of maps are padded to a multiple of this. */
  readonly block: number;
  /**
   * @param network as `describeNetwork` gives it
   * @param threads the largest number of threads that will compute the site
   */
  createSite(
    network: Int32Array,
    threads: number,
  ): {
    readonly site: NativeSite;
    /** Floats of the weights of a neuron. */
    readonly floats: number;
    /** Bytes of memory that each thread takes to compute it. */
    readonly bytes: number;
    /** Multiplications of the products that an image takes for a neuron, as the kernels compute them, each with an addition. */
    readonly multiplications: number;
  };
  /** The index at which weights begin in their memory, where lines of the CPU's cache begin: below MARGIN. */
  firstPlace(weights: Float32Array): number;
  /**
   * Requests large pages of memory for weights that nothing has been written to yet, where the system has them: a single
   * image then takes about 5 % less.
   */
  preferLargePages(weights: Float32Array): void;
  /** Writes the weights of a step as the kernels read them; the readout is the step after the last. */
  packStep(
    site: NativeSite,
    weights: Float32Array,
    neuron: number,
    step: number,
    folded: readonly Float32Array[],
  ): void;
  /** Computes on the thread that calls. */
  respondNow(...request: NativeRequest): void;
  startThreads(count: number): NativeThreads;
  /** Ends threads. What they have not computed by then is never done. */
  stopThreads(threads: NativeThreads): void;
  /**
   * Computes on threads.
   * @param isBackground whether it waits while other requests are computed
   * @param done called afterwards, with whether memory was missing
   */
  respondLater(
    ...request: [
      ...NativeRequest,
      threads: NativeThreads,
      isBackground: boolean,
      done: (isFailed: boolean) => void,
    ]
  ): void;
  /** @returns undefined where the system gives no shared memory */
  createMailbox():
    | {
        readonly mailbox: NativeMailbox;
        /** A socket, on which a byte arrives with each answer. */
        readonly bell: number;
        /** Open files for the process that answers: the memory, and its end of the bell. */
        readonly inherited: readonly number[];
      }
    | undefined;
  /**
   * Sends a request, which must have been answered before the next one.
   * @param site the number that `addSite` gave
   * @returns false where it is too large
   */
  post(
    mailbox: NativeMailbox,
    site: number,
    pixels: Float32Array,
    images: number,
    neurons: Int32Array,
  ): boolean;
  /** Copies the responses once the bell has rung. */
  collect(mailbox: NativeMailbox, responses: Float32Array): void;
  /**
   * Answers a mailbox on a thread of its own; takes the files.
   * @returns undefined where the system gives no shared memory or no thread
   */
  answerMailbox(memory: number, bell: number): NativeAnswerer | undefined;
  /**
   * Lets requests name a site, which must have at least one thread and stay until it is removed.
   * @returns its number; 0 where there are too many
   */
  addSite(answerer: NativeAnswerer, site: NativeSite, weights: Float32Array): number;
  removeSite(answerer: NativeAnswerer, site: number): void;
  /** Ends the thread. */
  closeAnswerer(answerer: NativeAnswerer): void;
}

const ADDON = `./kernels-${process.platform}-${process.arch}.node`;

/** Floats that the memory of weights has in addition, so that vectors begin at its lines. */
export const MARGIN = 16;

/** Where `npm run build` puts the compiled addon. */
export const ADDON_FILE = fileURLToPath(new URL(ADDON, import.meta.url));

/** Where `npm run build` says why it compiled none. */
export function reasonFile(file: string): string {
  return file.replace(/\.node$/, '.absent');
}

/**
 * Loads the kernels of this CPU.
 * @param file the compiled addon
 * @returns undefined where they were not compiled, were compiled for another system, or where those of onnxruntime are
 *   faster
 */
export function loadAddon(file = ADDON_FILE): Addon | undefined {
  const addon = loadNativeAddon(file) as Partial<Addon> | undefined;
  return addon?.instructions === undefined ? undefined : (addon as Addon);
}
