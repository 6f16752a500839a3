import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A reproducible stream of random numbers: the same on every platform for the same keys. */
export interface RandomStream {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Standard normal (mean 0, variance 1). */
  normal(): number;
  /** Uniform integer in [0, below); `below` from 1 to 2^32, with a bias under below / 2^32. */
  integer(below: number): number;
  /** Puts the items into a uniformly random order, in place (Fisher-Yates). */
  shuffle(items: Int32Array | Uint32Array): void;
}

/**
 * The stream that belongs to these keys, for example (seed, 'dropout', neuron id, epoch, step).
 * Streams of different keys are statistically independent, so work can be split and resumed in any
 * order. The number 1 and the string '1' are different keys, as are ('ab', 'c') and ('a', 'bc').
 * Generator: xoroshiro128+ (Blackman and Vigna 2018), its state a 128-bit hash of the keys.
 */
export function randomStream(...keys: readonly (number | string)[]): RandomStream {
  return new Xoroshiro(hashKeys(keys));
}

class Xoroshiro implements RandomStream {
  readonly #generator: { next(): number };
  #spareNormal = Number.NaN;

  constructor(state: readonly number[]) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  uniform(): number {
    return (this.#generator.next() >>> 0) * 2 ** -32;
  }

  /** Marsaglia's polar method; every second value is the spare of the one before. */
  normal(): number {
    const spare = this.#spareNormal;
    if (!Number.isNaN(spare)) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const squared = u * u + v * v;
      if (squared > 0 && squared < 1) {
        const scale = Math.sqrt((-2 * Math.log(squared)) / squared);
        this.#spareNormal = v * scale;
        return u * scale;
      }
    }
  }

  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new Error(`no integer can be drawn below ${below}`);
    }
    return Math.floor(this.uniform() * below);
  }

  shuffle(items: Int32Array | Uint32Array): void {
    for (let last = items.length - 1; last > 0; last--) {
      const chosen = this.integer(last + 1);
      const item = items[chosen]!;
      items[chosen] = items[last]!;
      items[last] = item;
    }
  }
}

const MULTIPLIERS = [0xcc9e2d51, 0x1b873593, 0x239b961b, 0xab0e9789];
const OFFSETS = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17];

/** Four words of hash, in the manner of MurmurHash3 (x86, 128 bits). */
function hashKeys(keys: readonly (number | string)[]): number[] {
  const lanes = OFFSETS.slice();
  const number = new DataView(new ArrayBuffer(8));
  let length = 0;
  for (const key of keys) {
    if (typeof key === 'string') {
      absorb(lanes, key.length);
      for (let i = 0; i < key.length; i++) absorb(lanes, key.charCodeAt(i));
      length += 1 + key.length;
    } else {
      if (!Number.isFinite(key)) throw new Error(`${key} is not a key for random numbers`);
      // no string is this long, so a number is never mistaken for one; + 0 turns -0 into 0
      absorb(lanes, 0xffffffff);
      number.setFloat64(0, key + 0, true);
      absorb(lanes, number.getUint32(0, true));
      absorb(lanes, number.getUint32(4, true));
      length += 3;
    }
  }
  for (let i = 0; i < 4; i++) lanes[i] = lanes[i]! ^ length;
  addLanes(lanes);
  for (let i = 0; i < 4; i++) lanes[i] = avalanche(lanes[i]!);
  addLanes(lanes);
  return lanes;
}

function absorb(lanes: number[], word: number): void {
  for (let i = 0; i < 4; i++) {
    const mixed = lanes[i]! ^ Math.imul(word, MULTIPLIERS[i]!);
    const rotated = (mixed << 15) | (mixed >>> 17);
    lanes[i] = (Math.imul(rotated, 5) + OFFSETS[i]!) | 0;
  }
}

function addLanes(lanes: number[]): void {
  lanes[0] = (lanes[0]! + lanes[1]! + lanes[2]! + lanes[3]!) | 0;
  for (let i = 1; i < 4; i++) lanes[i] = (lanes[i]! + lanes[0]) | 0;
}

function avalanche(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
