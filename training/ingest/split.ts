import { randomStream } from '../../src/network/random.js';
import { type Fingerprint, isNear } from './images/near-images.js';
import type { Tier } from './lab-file.js';

/** An image that was presented, as far as the split depends on it. */
export interface PresentedImage {
  /** Of its pixels. */
  readonly digest: string;
  readonly fingerprint: Fingerprint;
  /** Trials that are kept. */
  readonly trials: number;
  /** Where the recording itself puts it. */
  readonly tier: Tier | undefined;
}

export interface SplitRules {
  /** Images that were presented at least so often are for validation, where any were. */
  readonly minRepeats: number;
  /** The share of the images that is for validation where none was repeated. */
  readonly validation: number;
  readonly seed: number;
  /** Whether training images stay that are nearly equal to a validation image. */
  readonly keepNear: boolean;
}

export interface Split {
  /** Of each image; null where it is left out. */
  readonly parts: readonly (Tier | null)[];
  /** The rule, in words. */
  readonly rule: string;
  /** Training images that are left out, since they are nearly equal to one for validation or test. */
  readonly near: number;
}

/**
 * Divides images into those to train on and those to validate with: as the recording does, else by repeats, else by
 * chance. An image that is nearly equal to one of the others is never on both sides.
 */
export function splitImages(images: readonly PresentedImage[], rules: SplitRules): Split {
  const { tiers, rule } = chooseTiers(images, rules);
  const kept = images.filter((_, index) => tiers[index] !== 'train');
  let near = 0;
  const parts = images.map((image, index) => {
    const tier = tiers[index]!;
    if (tier !== 'train' || rules.keepNear) return tier;
    if (!kept.some((other) => isNear(image.fingerprint, other.fingerprint))) return tier;
    near += 1;
    return null;
  });
  return { parts, rule, near };
}

function chooseTiers(
  images: readonly PresentedImage[],
  { minRepeats, validation, seed }: SplitRules,
): { readonly tiers: readonly Tier[]; readonly rule: string } {
  if (images.some(({ tier }) => tier !== undefined)) {
    return {
      tiers: images.map(({ tier = 'train' }) => tier),
      rule: 'as the recording divides them',
    };
  }
  const isRepeated = ({ trials }: PresentedImage) => trials >= minRepeats;
  const repeated = images.filter(isRepeated).length;
  if (repeated > 0 && repeated < images.length) {
    return {
      tiers: images.map((image) => (isRepeated(image) ? 'validation' : 'train')),
      rule: `images that were presented at least ${minRepeats} times are for validation`,
    };
  }
  // By digest, so that the order of the recording does not matter.
  const order = images.map((_, index) => index);
  order.sort((a, b) => (images[a]!.digest < images[b]!.digest ? -1 : 1));
  const shuffled = Uint32Array.from(order);
  randomStream(seed, 'validation').shuffle(shuffled);
  const chosen = new Set(shuffled.subarray(0, Math.round(validation * images.length)));
  return {
    tiers: images.map((_, index) => (chosen.has(index) ? 'validation' : 'train')),
    rule: `a share of ${validation} of the images is for validation, by chance (seed ${seed})`,
  };
}
