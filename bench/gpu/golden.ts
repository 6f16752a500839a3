// Compares each architecture on the GPU, or those of a list, with the published code, and prints a line of JSON
// for each as it comes.
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { openBackend } from '../../src/network/backends/open.js';
import {
  compareForward,
  compareTraining,
  TOLERANCES,
} from '../../test/network/golden-comparison.js';
import { failureReason, print } from './figure.js';

const list = process.argv[2] || ArchitectureId.options.join();
await openBackend('webgpu');
for (const id of list.split(',').map((name) => ArchitectureId.parse(name))) {
  try {
    const { responses, attention = 0 } = await compareForward(id);
    const { losses, weights } = await compareTraining(id);
    const [loss, weight] = [
      Math.max(...losses),
      Math.max(...weights.map(({ greatest }) => greatest)),
    ];
    const within =
      responses < TOLERANCES.responses &&
      attention < TOLERANCES.attention &&
      loss < TOLERANCES.loss &&
      weight < TOLERANCES.weight &&
      weights.every(({ off }) => off === 0);
    print({ golden: id, within, responses, loss, weight });
  } catch (error) {
    print({ golden: id, error: failureReason(error) });
  }
}
process.exit(0);
