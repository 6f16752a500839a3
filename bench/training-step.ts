// How fast each backend trains: `npm run bench:train`. One process for each backend, since a process
// computes with one; the median of several steps after one that warms up.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../src/input-error.js';
import { ARCHITECTURES, type ArchitectureId } from '../src/network/architectures.js';
import { BACKENDS, type BackendName, openBackend } from '../src/network/backend.js';
import { initialParameters, parameterSpecifications } from '../src/network/parameters.js';
import { dropoutFactors } from '../training/dropout.js';
import { createLearner } from '../training/learner.js';

const SIZE = { height: 50, width: 50 };
const BATCH = 50;
const DROPOUT = 0.3;
/** A step on a software GPU takes minutes. */
const STEPS = 5;
const SECONDS = 120;

const [chosen] = process.argv.slice(2);
if (chosen === undefined) {
  console.log('backend     architecture  neurons  step, ms  neuron-images/s  steps');
  for (const backend of BACKENDS) {
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), backend], {
      stdio: ['ignore', 'inherit', 'ignore'],
    });
  }
} else {
  await measureBackend(chosen as BackendName);
}

async function measureBackend(backend: BackendName): Promise<never> {
  try {
    await openBackend(backend);
    for (const id of ['ff_cnn', 'ff_sa_cnn'] as const) await measure(backend, id, 2);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.log(`${backend.padEnd(12)}${error.message}`);
  }
  process.exit(0);
}

async function measure(backend: string, id: ArchitectureId, neurons: number): Promise<void> {
  const architecture = ARCHITECTURES[id];
  const specifications = parameterSpecifications(architecture, SIZE);
  const ids = Array.from({ length: neurons }, (_, i) => i);
  const learner = createLearner(
    architecture,
    specifications,
    initialParameters(specifications, ids, 1),
  );
  const stimuli = tf.randomUniform<tf.Rank.R4>([BATCH, SIZE.height, SIZE.width, 1]);
  const targets = tf.randomNormal<tf.Rank.R2>([BATCH, neurons]);
  const times: number[] = [];
  const started = performance.now();
  for (let batch = 0; batch <= STEPS; batch++) {
    const begun = performance.now();
    const moment = { seed: 1, epoch: 1, batch };
    const dropout = dropoutFactors(architecture, ids, BATCH, DROPOUT, moment);
    await learner.step({ stimuli, targets, dropout });
    tf.dispose(Object.values(dropout));
    if (batch > 0) times.push(performance.now() - begun);
    if (times.length > 0 && performance.now() - started > SECONDS * 1000) break;
  }
  learner.dispose();
  tf.dispose([stimuli, targets]);
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const figures = [
    backend.padEnd(12),
    id.padEnd(14),
    String(neurons).padStart(7),
    median.toFixed(0).padStart(10),
    ((1000 * BATCH * neurons) / median).toFixed(1).padStart(17),
    String(times.length).padStart(7),
  ];
  console.log(figures.join(''));
}
