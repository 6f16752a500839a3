import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { toDevice } from '../../src/network/device.js';
import { forward } from '../../src/network/forward.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { random } from './kernels.js';

const SIDE = 32;

const capability = webgpuAdapter();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing === null) await openBackend('webgpu');
});

test.for(ArchitectureId.options)(
  'the responses of %s on webgpu have the same bits whatever else the batch has',
  { timeout: 300_000 },
  async (id) => {
    const architecture = { ...ARCHITECTURES[id].network, channels: 12 };
    const specifications = parameterSpecifications(architecture, { height: SIDE, width: SIDE });
    const initial = initialParameters(specifications, [0], 1);
    initial.get('attention.gamma')?.data.fill(0.7); // where it is 0, attention changes nothing
    const parameters = toDevice(initial);
    const images = random<tf.Rank.R4>([13, SIDE, SIDE, 1], 1);
    const together = await respond(images);
    for (const image of [0, 12]) {
      const own = tf.tidy(() => images.slice([image, 0, 0, 0], [1, -1, -1, -1]).clone());
      expect(await respond(own)).toEqual(together.slice(image, image + 1));
      own.dispose();
    }
    tf.dispose([parameters, images]);

    async function respond(stimuli: tf.Tensor4D): Promise<Float32Array> {
      const responses = tf.tidy(() => forward(architecture, parameters, stimuli).responses);
      const values = await responses.data<'float32'>();
      responses.dispose();
      return values;
    }
  },
);

test('a matrix product on webgpu has the same bits whatever else is multiplied', async () => {
  const [left, right] = [random([40, 5, 900], 1), random([40, 900, 5], 2)];
  const products = await tf.tidy(() => left.matMul(right)).data<'float32'>();
  const first = (matrices: tf.Tensor) => matrices.slice([0, 0, 0], [1, -1, -1]);
  const own = await tf.tidy(() => first(left).matMul(first(right))).data<'float32'>();
  expect(own).toEqual(products.slice(0, 25));
});
