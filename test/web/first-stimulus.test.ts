import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { largestContrast } from '../../src/stimulus/parametric/paint.js';
import { contrastWarnings } from '../../src/stimulus/training-range.js';
import { DRAWN_KINDS, firstEntry } from '../../src/web/stimulus/kinds.js';
import { decode } from '../stimulus/request.js';

const card = JSON.parse(await readFile('models/demo/1/card.json', 'utf8'));
const { height, width, backgroundGray: background, trainingRange } = card.stimulus;
const canvas = { height, width, contrast: largestContrast({ background }) };

test.each(DRAWN_KINDS)('%s begins inside the training range of the demo model', async (kind) => {
  const target = { height, width, background };
  const { stimuli } = await decode(
    'application/json',
    JSON.stringify({ stimuli: [firstEntry(kind, canvas)] }),
    {
      target,
    },
  );
  expect(contrastWarnings(stimuli, trainingRange.contrast)).toEqual([]);
});
