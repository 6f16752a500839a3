import { isDeepStrictEqual } from 'node:util';
import type { ModelCard } from '../../src/models/card.js';
import type { Recording } from '../data/recording.js';
import type { Site } from '../data/site.js';
import { splitSite } from '../data/split.js';
import type { ChosenModel } from '../evaluation/models.js';

/**
 * Finds the training images that no member was trained on: all of them held out the same ones.
 * @param neurons ids of those that the members predict
 * @returns these images, or why there are none, for a person
 */
export function findHeldOut(
  models: readonly ChosenModel[],
  site: Site,
  neurons: readonly number[],
): Recording | string {
  const reason = models.map(({ label, saved }) => whyNot(label, saved.card, site)).find(Boolean);
  if (reason !== undefined) return reason;
  const first = models[0]!;
  const seed = heldOutSeed(first.saved.card);
  const other = models.find(({ saved }) => heldOutSeed(saved.card) !== seed);
  if (other) {
    return `${other.label} held out other images than ${first.label}; train both with one --held-out-seed`;
  }
  return splitSite(site, 'heldout', seed, neurons).selection;
}

function whyNot(label: string, { training }: ModelCard, site: Site): string | undefined {
  if (!('recipe' in training)) return `${label} was not made by hypercolumn train`;
  if (training.split !== 'heldout') return `${label} was trained without --select heldout`;
  const isSame =
    isDeepStrictEqual(training.data.digests, { ...site.digests }) &&
    training.data.trials?.use === site.trials?.use &&
    (training.data.white ?? null) === site.white;
  return isSame ? undefined : `${label} was trained on other data than these`;
}

/** What drew the held-out images of a training. */
function heldOutSeed({ training }: ModelCard): number {
  if (!('recipe' in training)) throw new Error('no images are held out');
  return training.data.heldOutSeed ?? training.seed;
}
