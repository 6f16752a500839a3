import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

const capability = webgpuAdapter();
goldenTests({
  backend: 'webgpu',
  test: testWith(capability),
  capability,
  // a driver that is itself a program on the CPU takes its time, more beside other programs
  timeout: 300_000,
});
