// Times training steps and responses on WebGPU: node webgpu.js NEURONS BATCH SERVED IMAGES ARCHITECTURES SECONDS, as
// bench/pytorch/gpu.py times PyTorch. Prints a line of JSON for each figure as it comes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { openBackend } from '../../src/network/backends/open.js';
import { randomStream } from '../../src/network/random.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { chunkFor, currentMemory, splitIntoChunks } from '../../training/run/chunk.js';
import { createTrainingPopulation } from '../training-population.js';
import { type Figure, failureReason, print } from './figure.js';

const SIZE = 50;
const MAX_RUNS = 9;

const [neurons = '', batched = '', served = '', images = '', architectures = '', seconds = ''] =
  process.argv.slice(2);
const batch = Number(batched);
const numbers = (list: string) => list.split(',').map(Number);
const ids = architectures.split(',').map((id) => ArchitectureId.parse(id));

const backend = await openBackend('webgpu');
print({ machine: { webgpu: backend.device, node: process.version } });
const chunk = chunkFor(backend, batch, SIZE * SIZE, currentMemory());
for (const count of numbers(neurons)) {
  for (const architecture of ids) {
    const figure = { task: 'training', architecture, neurons: count, images: batch } as const;
    const together = Math.min(chunk, count);
    await say({ ...figure, contender: 'webgpu', together }, () =>
      train(architecture, count, together),
    );
    if (together === count) continue;
    await say({ ...figure, contender: 'webgpu, all together' }, () =>
      train(architecture, count, count),
    );
  }
}
for (const id of ids) {
  for (const number of numbers(images)) {
    const figure = { task: 'serving', contender: 'webgpu', architecture: id } as const;
    await say({ ...figure, neurons: Number(served), images: number }, () => serve(id, number));
  }
}
process.exit(0);

async function say(figure: Figure, work: () => Promise<number[]>): Promise<void> {
  try {
    print({ ...figure, milliseconds: await work() });
  } catch (error) {
    print({ ...figure, error: failureReason(error) });
  }
}

/** So many neurons at a time take their step, one group after the other, as `npm run train` chooses them. */
async function train(id: ArchitectureId, count: number, together: number): Promise<number[]> {
  const all = Array.from({ length: count }, (_, i) => i);
  const populations = splitIntoChunks(all, together).map((part) =>
    createTrainingPopulation(id, part.length, batch),
  );
  try {
    return await measure(async () => {
      for (const population of populations) await population.step();
    });
  } finally {
    for (const population of populations) population.dispose();
  }
}

/** From stimuli in this process to responses in it, through the engine of the service. */
async function serve(id: ArchitectureId, count: number): Promise<number[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-gpu-'));
  const engine = createTfjsEngine(backend);
  try {
    const out = path.join(folder, id);
    const saved = await makeModel({ architecture: id, neurons: Number(served), out, seed: 1 });
    await engine.load(saved.folder, saved.digest);
    const random = randomStream(1, 'stimuli');
    const pixels = Float32Array.from({ length: count * SIZE * SIZE }, () => random.uniform());
    const stimuli = { count, height: SIZE, width: SIZE, channels: 1 as const, pixels };
    const all = Int32Array.from({ length: Number(served) }, (_, i) => i);
    const request = { digest: saved.digest, stimuli, neurons: all };
    return await measure(() => engine.respond(request));
  } finally {
    await engine.close();
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds of each run, after one that warms up. */
async function measure(work: () => Promise<unknown>): Promise<number[]> {
  const once = async () => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  await once();
  const latencies = [await once()];
  let sum = latencies[0]!;
  while (latencies.length < MAX_RUNS && sum < 1000 * Number(seconds)) {
    latencies.push(await once());
    sum += latencies.at(-1)!;
  }
  return latencies;
}
