import { InputError } from '../../src/errors.js';
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
 * @param by what gave the images their tiers
 * @throws InputError where nothing is left to train on or to validate with
 */
export function splitImages(
  images: readonly PresentedImage[],
  rules: SplitRules,
  by = 'the recording',
): Split {
  const { tiers, rule } = chooseTiers(images, rules, by);
  const kept = images.filter((_, index) => tiers[index] !== 'train');
  let near = 0;
  const parts = images.map((image, index) => {
    const tier = tiers[index]!;
    if (tier !== 'train' || rules.keepNear) return tier;
    if (!kept.some((other) => isNear(image.fingerprint, other.fingerprint))) return tier;
    near += 1;
    return null;
  });
  // Images for validation alone are what evaluate needs.
  const isGiven = images.some(({ tier }) => tier === 'validation');
  if (!parts.includes('validation') || !(isGiven || parts.includes('train'))) {
    const count = (part: Tier) => parts.filter((each) => each === part).length;
    throw new InputError(
      `of ${images.length} images ${count('train')} are for training and ${count('validation')} for validation; expected ` +
        'some of both: see --split, --min-repeats, --validation and --keep-near',
    );
  }
  return { parts, rule, near };
}

function chooseTiers(
  images: readonly PresentedImage[],
  rules: SplitRules,
  by: string,
): { readonly tiers: readonly Tier[]; readonly rule: string } {
  if (images.some(({ tier }) => tier !== undefined)) {
    return divide(images, rules, by);
  }
  const { minRepeats, validation, seed } = rules;
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
  const chosen = new Set(shuffled.subarray(0, Math.max(1, Math.round(validation * images.length))));
  return {
    tiers: images.map((_, index) => (chosen.has(index) ? 'validation' : 'train')),
    rule: `a share of ${validation} of the images is for validation, by chance (seed ${seed})`,
  };
}

/** Takes the tiers of the images; where they have images for test alone, some of the others are for validation. */
function divide(images: readonly PresentedImage[], rules: SplitRules, by: string) {
  const tiers = images.map(({ tier = 'train' }) => tier);
  const others = images.flatMap((image, index) =>
    tiers[index] === 'train' ? [{ ...image, tier: undefined, index }] : [],
  );
  if (tiers.includes('validation') || others.length === 0) {
    return { tiers, rule: `as ${by} divides them` };
  }
  const own = chooseTiers(others, rules, by);
  for (const [i, { index }] of others.entries()) tiers[index] = own.tiers[i]!;
  const isDivided = tiers.includes('test');
  const rule = isDivided ? `for test as ${by} has them; of the others, ${own.rule}` : own.rule;
  return { tiers, rule };
}
