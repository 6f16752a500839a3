// Times training steps on demand: `node training-worker.js BACKEND ARCHITECTURE NEURONS BATCH`.
// Says `ready DEVICE`, then, for each line on standard input, makes one step and prints the
// milliseconds it took; for the line `peak`, the GFLOP/s of a matrix product.
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { ARCHITECTURES, type ArchitectureId } from '../src/network/architectures.js';
import { type BackendName, openBackend } from '../src/network/backend.js';
import { initialParameters, parameterSpecifications } from '../src/network/parameters.js';
import { dropoutFactors } from '../training/dropout.js';
import { createLearner } from '../training/learner.js';

const SIZE = { height: 50, width: 50 };
const DROPOUT = 0.3;

const [backend, id, ...counts] = process.argv.slice(2);
const [neurons, images] = counts.map(Number) as [number, number];
const { name, device } = await openBackend(backend as BackendName);
const architecture = ARCHITECTURES[id as ArchitectureId];
const specifications = parameterSpecifications(architecture, SIZE);
const ids = Array.from({ length: neurons }, (_, i) => i);
const initial = initialParameters(specifications, ids, 1);
const learner = createLearner(architecture, specifications, initial);
const stimuli = tf.randomUniform<tf.Rank.R4>([images, SIZE.height, SIZE.width, 1]);
const targets = tf.randomNormal<tf.Rank.R2>([images, neurons]);
let batch = 0;

await step();
console.log(`ready ${name} (${device})`);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(String(line === 'peak' ? await peak() : await step()));
}
process.exit(0);

async function step(): Promise<number> {
  const begun = performance.now();
  const moment = { seed: 1, epoch: 1, batch };
  batch += 1;
  const dropout = dropoutFactors(architecture, ids, images, DROPOUT, moment);
  await learner.step({ stimuli, targets, dropout });
  tf.dispose(Object.values(dropout));
  return performance.now() - begun;
}

/** Of two matrices that no cache holds. */
async function peak(size = 2048): Promise<number> {
  const [left, right] = [tf.randomUniform([size, size]), tf.randomUniform([size, size])];
  const product = async () => {
    const begun = performance.now();
    const result = tf.tidy(() => tf.matMul(left, right).sum());
    await result.data();
    result.dispose();
    return performance.now() - begun;
  };
  await product();
  const milliseconds = await product();
  tf.dispose([left, right]);
  return (2e-6 * size ** 3) / milliseconds;
}
