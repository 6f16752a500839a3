import { expect, test } from 'vitest';
import { loadOnnxruntime } from '../../../src/inference/onnx/onnxruntime.js';
import { encodeSite } from '../../../src/inference/onnx/site-graph.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { goldenWeights } from '../../support/golden-weights.js';
import { greatestDifference } from '../../support/numbers.js';
import { readGolden } from '../../support/published.js';

const SIZE = { height: 50, width: 50 };

const { InferenceSession, Tensor } = await loadOnnxruntime();

/** Tolerance relative to the range of the responses. */
const TOLERANCE = 1e-4;

for (const id of ArchitectureId.options) {
  const golden = readGolden(id);
  const { data, shape } = golden.get('input')!;
  const expected = golden.get('responses')!.data; // [images, 3]
  const allowed = TOLERANCE * (Math.max(...expected) - Math.min(...expected));
  const card = {
    architecture: ARCHITECTURES[id].network,
    stimulus: { ...SIZE, channels: 1 as const, scale: 1, offset: 0 },
  };
  const weights = goldenWeights(id, SIZE, golden);

  test(`${id}: the responses of the graph are those of the published code`, async () => {
    const session = await InferenceSession.create(
      encodeSite({ card, members: [weights], groups: [[0, 1], [2]] }, {}),
    );
    const stimuli = new Tensor('float32', data as Float32Array, shape);
    const { responses } = await session.run({ stimuli });
    expect(responses!.dims).toEqual([shape[0], 3]);
    expect(greatestDifference(responses!.data as Float32Array, expected)).toBeLessThan(allowed);
    await session.release();
  });
}
