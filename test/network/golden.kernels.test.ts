import { testWith, trainingKernelAddon } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

const capability = trainingKernelAddon();
goldenTests({
  backend: 'wasm',
  test: testWith(capability),
  capability,
  kernels: capability.file,
  ties: ['ff_cnn'],
});
