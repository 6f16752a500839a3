import { type Addon, MARGIN } from './addon.js';
import type { KernelNetworks } from './site-kernels.js';

/** Images for which the weights of a neuron are read once. */
const TOGETHER = 16;

/** Computes the responses of some networks with the kernels. */
export interface KernelResponder {
  /**
   * @param images [image, channel, row, column]
   * @param wanted by network: 1 where it is to be computed
   * @returns [images, networks], zero where not wanted
   */
  respond(images: Float32Array, count: number, wanted: Uint8Array): Float32Array;
}

export function createKernelResponder(addon: Addon, networks: KernelNetworks): KernelResponder {
  const { network, weights, first: packedAt, count: all } = networks;
  // Where they were copied to, lines of the cache may begin elsewhere.
  weights.copyWithin(addon.firstPlace(weights), packedAt, weights.length - MARGIN + packedAt);
  const { site, scratch, transformed } = addon.createSite(network);
  const memory = new Float32Array(scratch + TOGETHER * transformed + MARGIN);
  return {
    respond(images, count, wanted) {
      const chosen = Int32Array.from(indicesOf(wanted));
      const dense = new Float32Array(count * chosen.length);
      if (chosen.length === 0) return new Float32Array(count * all);
      const size = images.length / count;
      for (let first = 0; first < count; first += TOGETHER) {
        const last = Math.min(count, first + TOGETHER);
        const own = images.subarray(first * size, last * size);
        const responses = dense.subarray(first * chosen.length, last * chosen.length);
        addon.respond(site, weights, memory, own, chosen, responses);
      }
      if (chosen.length === all) return dense;
      const values = new Float32Array(count * all);
      for (let image = 0; image < count; image++) {
        for (const [i, column] of chosen.entries()) {
          values[image * all + column] = dense[image * chosen.length + i]!;
        }
      }
      return values;
    },
  };
}

function* indicesOf(wanted: Uint8Array): Generator<number> {
  for (const [index, isWanted] of wanted.entries()) if (isWanted === 1) yield index;
}
