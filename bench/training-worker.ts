// Times training steps on demand: `node training-worker.js BACKEND[:tfjs] ARCHITECTURE NEURONS BATCH`. With `:tfjs` the
// kernels in C are left out.
// Says `ready DEVICE`, then, for each line on standard input, makes one step and prints the
// milliseconds it took; for the line `peak`, the GFLOP/s of a matrix product.
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { messageOf } from '../src/errors.js';
import type { ArchitectureId } from '../src/network/architectures/index.js';
import type { BackendName } from '../src/network/backends/index.js';
import { describeBackend, openTrainingBackend } from '../training/kernels/training-backend.js';
import { createTrainingPopulation } from './training-population.js';

const [contender, id, ...counts] = process.argv.slice(2);
const [neurons, images] = counts.map(Number) as [number, number];
const [backendName, variant] = contender!.split(':');
const opened = await openTrainingBackend(backendName as BackendName).catch((error: unknown) => {
  console.error(messageOf(error));
  return process.exit(1);
});
const backend = variant === 'tfjs' ? { ...opened, kernels: undefined } : opened;
const { step } = createTrainingPopulation(id as ArchitectureId, neurons, images, backend.kernels);

await step();
console.log(`ready ${describeBackend(backend, false)}`);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(String(line === 'peak' ? await peak() : await step()));
}
process.exit(0);

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
