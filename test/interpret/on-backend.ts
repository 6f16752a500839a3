import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { stimulusGradient } from '../../src/interpret/gradient.js';
import { interpret } from '../../src/interpret/interpretation.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { ATTENTION_STRIDE, attentionMapOf } from '../../src/network/attention-map.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { selectOnDevice, toDevice } from '../../src/network/device.js';
import { randomStream } from '../../src/network/random.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { type Capability, testWith } from '../support/capabilities.js';
import { tinyCard } from '../support/cards.js';
import { goldenStimuli } from '../support/golden-models.js';
import { goldenWeights } from '../support/golden-weights.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden } from '../support/published.js';

const SIZE = { height: 50, width: 50 };
const PIXELS = SIZE.height * SIZE.width;
/** Length of a step along the gradient, in pixel values. */
const STEP = 0.02;

/**
 * Tests that interpretations give the numbers of the published code, and gradients those of finite
 * differences, on one backend.
 */
export function insideTests(
  backend: BackendName,
  capability: Capability,
  architectures: readonly ArchitectureId[],
  timeout = 60_000,
): void {
  const test = testWith(capability);
  beforeAll(async () => {
    if (capability.missing === null) await openBackend(backend);
  }, timeout);

  test.for(architectures)(
    '%s: attention and terms match the golden values',
    { timeout },
    async (id) => {
      const golden = readGolden(id);
      const before = tf.memory().numTensors;
      const parameters = toDevice(goldenWeights(id, SIZE, golden));
      const seen = await interpret(cardOf(id), parameters, goldenStimuli(id));
      tf.dispose(parameters);
      expect(tf.memory().numTensors).toBe(before);

      const responses = golden.get('responses')!.data; // [8, 3]
      expect(greatestDifference(seen.responses, responses)).toBeLessThan(1e-4);
      const sums = seen.centre.map((value, i) => value + seen.surround[i]! + seen.bias[i % 3]!);
      expect(greatestDifference(sums, responses)).toBeLessThan(1e-4);
      const attention = golden.get('centre_attention')?.data;
      expect(seen.attention === null).toBe(attention === undefined);
      if (attention) expect(greatestDifference(seen.attention!, attention)).toBeLessThan(1e-5);
    },
  );

  test('the pixels that the centre sees are those of its receptive field', {
    timeout,
  }, async () => {
    const id = 'rf_cnn';
    const all = toDevice(goldenWeights(id, SIZE, readGolden(id)));
    const parameters = selectOnDevice(all, Int32Array.of(0));
    const stimuli = goldenStimuli(id);
    const { gradient } = await stimulusGradient(cardOf(id), parameters, stimuli);
    tf.dispose([...Object.values(all), ...Object.values(parameters)]);
    const { field, start } = attentionMapOf(cardOf(id).architecture, { height: 50, width: 50 });
    expect([field, start]).toEqual([16, [6, 6]]);
    const first = 4 * ATTENTION_STRIDE;
    const last = first + field - 1;
    const seen = new Set<number>();
    for (const [i, slope] of gradient.entries()) {
      const [y, x] = [Math.floor((i % PIXELS) / 50), i % 50];
      if (slope === 0) continue;
      seen.add(y);
      for (const place of [y, x]) {
        expect(place).toBeGreaterThanOrEqual(first);
        expect(place).toBeLessThanOrEqual(last);
      }
    }
    expect(seen.size).toBe(field);
  });

  test.for(architectures)('%s: the gradient is the finite difference', { timeout }, async (id) => {
    const card = { ...cardOf(id) };
    const before = tf.memory().numTensors;
    const all = toDevice(goldenWeights(id, SIZE, readGolden(id)));
    const parameters = selectOnDevice(all, Int32Array.of(1));
    const stimuli = sliceStimuli(goldenStimuli(id), 2, 4);
    const { responses, gradient } = await stimulusGradient(card, parameters, stimuli);
    const golden = readGolden(id).get('responses')!.data;
    expect(greatestDifference(responses, [golden[2 * 3 + 1]!, golden[3 * 3 + 1]!])).toBeLessThan(
      1e-4,
    );
    const random = randomStream('directions', id);
    for (const image of [0, 1]) {
      const own = gradient.subarray(image * PIXELS, (image + 1) * PIXELS);
      const length = Math.hypot(...own);
      expect(length).toBeGreaterThan(0);
      // Along the gradient the slope is its length; along other directions it is less.
      const others = Array.from({ length: 3 }, () =>
        unit(own.map((value) => value / length + random.normal() / 50)),
      );
      for (const direction of [unit(own), ...others]) {
        const slope = dot(own, direction);
        const measured = await slopeAlong(direction, sliceStimuli(stimuli, image, image + 1));
        expect(Math.abs(measured - slope) / length).toBeLessThan(0.02);
      }
    }
    tf.dispose([...Object.values(all), ...Object.values(parameters)]);
    expect(tf.memory().numTensors).toBe(before);

    async function slopeAlong(direction: Float32Array, at: Stimuli): Promise<number> {
      const moved = Float32Array.from({ length: 2 * PIXELS }, (_, i) => {
        const sign = i < PIXELS ? 1 : -1;
        return at.pixels[i % PIXELS]! + sign * STEP * direction[i % PIXELS]!;
      });
      const seen = await interpret(card, parameters, {
        count: 2,
        ...SIZE,
        channels: 1,
        pixels: moved,
      });
      return (seen.responses[0]! - seen.responses[1]!) / (2 * STEP);
    }
  });
}

function cardOf(id: ArchitectureId) {
  const { stimulus } = tinyCard('x', 1);
  return {
    architecture: { id, ...ARCHITECTURES[id].network },
    stimulus: { ...stimulus, ...SIZE, scale: 1, offset: 0 },
  };
}

function unit(values: Float32Array): Float32Array {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
