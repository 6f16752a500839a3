import { expect, test } from 'vitest';
import { largestContrast } from '../../src/stimulus/parametric/paint.js';
import { TRY_COUNT, trySet } from '../../src/web/tuning/try-set.js';
import { createStoringApp, put } from '../support/stored-sets.js';

const LIMITS = { maxBody: 2 ** 20, maxStimuli: TRY_COUNT, maxPixels: 2 ** 17 };

test.each([
  [50, 50, 0.5017],
  [9, 30, 0.8],
])('a set to try is requested for %d x %d pixels around %d', async (height, width, background) => {
  const { app } = await createStoringApp({ setsCapacity: 2 ** 24, limits: LIMITS });
  const canvas = { height, width, contrast: largestContrast({ background }) };
  const stimuli = trySet(canvas);
  const query = `?height=${height}&width=${width}&background=${background}`;
  const stored = await put(app, JSON.stringify({ stimuli }), query, 'application/json');
  expect(stored.status).toBe(201);
  const reported = (await stored.json()) as { stimuli: { digest: string; warnings: string[] }[] };
  const digests = new Set(reported.stimuli.map(({ digest }) => digest));
  expect(digests.size).toBeGreaterThan(0.97 * TRY_COUNT);
  expect(reported.stimuli.flatMap(({ warnings }) => warnings)).toEqual([]);
  expect(trySet(canvas)).toEqual(stimuli);
});
