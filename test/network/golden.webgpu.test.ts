import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

const capability = webgpuAdapter();
goldenTests({
  backend: 'webgpu',
  test: testWith(capability),
  capability,
  // A software driver is slow, and slower while other programs run.
  timeout: 300_000,
});
