import { expect, test } from 'vitest';
import { checkGolden } from '../../src/inference/golden-check.js';
import { tinyCard } from '../support/cards.js';

/** A card whose responses to two images differ by 1e-4. */
const CARD = {
  ...tinyCard('flat', 1),
  neurons: tinyCard('flat', 1).neurons.slice(0, 1),
  golden: { stimuli: ['AAAAAAAA', 'AAAAAAAA'], responses: [[-0.3656], [-0.3657]] },
};

test('a network that answers almost the same to all images may be off by a rounding', () => {
  checkGolden(CARD, Float32Array.of(-0.3656 + 1.2e-7, -0.3657));
  // 1e-5 of 0.3657 is 3.7e-6.
  expect(() => checkGolden(CARD, Float32Array.of(-0.3656 + 5e-6, -0.3657))).toThrow(
    'this engine does not reproduce the responses stored in the card: neuron 0 answers',
  );
});

test('a network whose responses differ may be off by 1e-4 of their range', () => {
  const card = { ...CARD, golden: { ...CARD.golden, responses: [[0], [1]] } };
  checkGolden(card, Float32Array.of(0.9e-4, 1));
  expect(() => checkGolden(card, Float32Array.of(1.1e-4, 1))).toThrow('instead of 0');
});

test.each([
  ['bfloat16', 1e-2],
  ['int8', 2e-2],
] as const)('in %s it may be off by %d of their range', (precision, share) => {
  const card = { ...CARD, golden: { ...CARD.golden, responses: [[0], [1]] } };
  checkGolden(card, Float32Array.of(0.9 * share, 1), precision);
  expect(() => checkGolden(card, Float32Array.of(1.1 * share, 1), precision)).toThrow(
    new RegExp(`stored in the card in ${precision}: neuron 0 answers .*; float32 is more exact$`),
  );
});
