import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A network that the addon knows. */
declare const KNOWN: unique symbol;
export type KnownNetwork = { readonly [KNOWN]: true };

/** The addon, whose code is in the .c files of this folder. It throws where memory is too small. */
export interface Addon {
  /** The instructions of the CPU that it uses, such as AVX-512. */
  readonly instructions: string;
  /** Channels of maps are padded to a multiple of this. */
  readonly block: number;
  /** @param network as `describeNetwork` gives it */
  createSite(network: Int32Array): {
    readonly site: KnownNetwork;
    /** Floats of the weights of a neuron. */
    readonly floats: number;
    /** Floats of memory that a thread computes in, which is zero before its first use. */
    readonly scratch: number;
    /** Floats of more memory there for each image. */
    readonly transformed: number;
  };
  /** The index at which weights begin in their memory, where lines of the CPU's cache begin: below MARGIN. */
  firstPlace(weights: Float32Array): number;
  /** Writes the weights of a step as the kernels read them; the readout is the step after the last. */
  packStep(
    site: KnownNetwork,
    weights: Float32Array,
    neuron: number,
    step: number,
    folded: readonly Float32Array[],
  ): void;
  /** Computes responses [image, neuron] of images [image, channel, row, column]. */
  respond(
    site: KnownNetwork,
    weights: Float32Array,
    scratch: Float32Array,
    images: Float32Array,
    neurons: Int32Array,
    responses: Float32Array,
  ): void;
}

const ADDON = `./kernels-${process.platform}-${process.arch}.node`;

/** Floats that the memory of weights and of a thread has in addition, so that vectors begin at its lines. */
export const MARGIN = 16;

/**
 * Loads the kernels of this CPU.
 * @param file the compiled addon
 * @returns undefined where they were not compiled, were compiled for another system, or where those of onnxruntime are
 *   faster
 */
export function loadAddon(
  file = fileURLToPath(new URL(ADDON, import.meta.url)),
): Addon | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const addon = createRequire(import.meta.url)(file) as Partial<Addon>;
    return addon.instructions === undefined ? undefined : (addon as Addon);
  } catch (error) {
    // Such as for the C library of another Linux.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED') return;
    throw error;
  }
}
