import { ArchitectureId } from '../../src/network/architectures/id.js';
import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

// These are the kernels that libtensorflow uses by default on a CPU.
const capability = nativeTensorflow();
goldenTests({
  backend: 'tensorflow',
  test: testWith(capability),
  capability,
  ties: ArchitectureId.options,
});
