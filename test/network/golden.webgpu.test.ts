import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

const capability = webgpuAdapter();
goldenTests({
  backend: 'webgpu',
  test: testWith(capability),
  capability,
  architectures: ['ff_cnn', 'ff_sa_cnn'],
  ties: ['ff_sa_cnn'],
  // a driver that is itself a program on the CPU takes minutes
  timeout: 900_000,
});
