import path from 'node:path';
import { expect, test } from 'vitest';
import type { SavedModel } from '../../../src/models/saved-model.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { trainSmall } from '../../support/train-small.js';

const folder = sharedFolder();

test('on a synthetic site the 90 % interval covers 85 to 95 % of the validation responses', async () => {
  await writeSmallSite(folder, 400, 150, 5);
  const { result } = await trainSmall(folder, {
    ...{ recipe: 'rf_cnn', members: 2, epochs: 1, select: 'heldout', chunk: undefined },
    ...{ responses: 'normalised', out: path.join(folder, 'e') },
  });
  const { calibration } = (result as SavedModel).card;
  expect(calibration!.images).toBe(40);
  const { covered } = calibration!.intervals.find(({ nominal }) => nominal === 0.9)!;
  // Two standard errors of a share of 200 scores: 2 sqrt(0.9 · 0.1 / 200) = 0.042.
  expect(covered).toBeGreaterThan(0.85);
  expect(covered).toBeLessThan(0.95);
  expect(calibration!.residual.every((each) => each > 0)).toBe(true);
});
