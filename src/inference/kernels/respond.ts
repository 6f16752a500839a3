import { MARGIN, type NativeRequest, type NativeSite } from './addon.js';
import type { KernelNetworks } from './site-kernels.js';
import type { KernelThreads } from './threads.js';

/** Computes the responses of some networks with the kernels. */
export interface KernelResponder {
  readonly site: NativeSite;
  readonly weights: Float32Array;
  /**
   * @param images [image, channel, row, column]
   * @param count of images
   * @param columns the networks that are wanted, in any order and with repetitions
   * @param isBackground whether it waits while other requests are computed
   * @returns [image, column]
   */
  respond(
    images: Float32Array,
    count: number,
    columns: Int32Array,
    isBackground?: boolean,
  ): Promise<Float32Array>;
}

/** Multiplications that the caller's thread does itself, within 0.3 ms, because other threads would have to wake up. */
const SMALL = 4e7;

/** Whether one thread computes so many responses sooner than others would wake up. */
export function isSmall(responses: number, multiplications: number): boolean {
  return responses * multiplications <= SMALL;
}

/** @param networks whose weights are kept, and may be moved in their memory */
export function createKernelResponder(
  threads: KernelThreads,
  networks: KernelNetworks,
): KernelResponder {
  const { addon } = threads;
  const { network, weights, first: packedAt, multiplications } = networks;
  const place = addon.firstPlace(weights);
  // Where they were copied to, lines of the cache begin elsewhere; memory that was moved is as it was.
  if (place !== packedAt) {
    weights.copyWithin(place, packedAt, weights.length - MARGIN + packedAt);
  }
  // One thread more answers the mailbox.
  const { site } = addon.createSite(network, threads.count + 1);
  return {
    site,
    weights,
    async respond(images, count, columns, isBackground = false) {
      const unique = Int32Array.from(new Set(columns));
      const responses = new Float32Array(count * unique.length);
      if (responses.length === 0) return responses;
      const request: NativeRequest = [site, weights, images, unique, responses];
      if (isSmall(responses.length, multiplications)) addon.respondNow(...request);
      else await threads.compute(request, isBackground);
      return unique.length === columns.length ? responses : repeat(responses, unique, columns);
    },
  };
}

/** @returns the responses [image, unique] of columns, [image, column] */
function repeat(responses: Float32Array, unique: Int32Array, columns: Int32Array): Float32Array {
  const places = new Map(Array.from(unique, (column, place) => [column, place]));
  const from = Array.from(columns, (column) => places.get(column)!);
  const count = responses.length / unique.length;
  return Float32Array.from({ length: count * columns.length }, (_, i) => {
    const image = Math.floor(i / columns.length);
    return responses[image * unique.length + from[i % columns.length]!]!;
  });
}
