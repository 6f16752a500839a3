import * as tf from '@tensorflow/tfjs';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { randomStream } from '../../src/network/random.js';
import { createLearner } from '../../training/model/learner.js';

const SIZE = { height: 50, width: 50 };
const BATCH = 4;

/** The losses of the first steps of one seed, dropout off, on random images; on an open backend. */
export async function lossCurve(
  backend: BackendName,
  id: ArchitectureId,
  steps: number,
): Promise<number[]> {
  await tf.setBackend(backend);
  const specifications = parameterSpecifications(ARCHITECTURES[id].network, SIZE);
  const learner = createLearner(
    ARCHITECTURES[id].network,
    specifications,
    initialParameters(specifications, [3], 1),
  );
  const random = randomStream(1, 'loss curve');
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const pixels = Float32Array.from({ length: BATCH * SIZE.height * SIZE.width }, () =>
      random.uniform(),
    );
    const targets = Float32Array.from({ length: BATCH }, () => random.normal());
    const stimuli = tf.tensor4d(pixels, [BATCH, SIZE.height, SIZE.width, 1]);
    const real = tf.tensor2d(targets, [BATCH, 1]);
    losses.push((await learner.step({ stimuli, targets: real }))[0]!);
    tf.dispose([stimuli, real]);
  }
  learner.dispose();
  return losses;
}
