import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

// libtensorflow reads this when it is loaded: its plain kernels round like the published code.
process.env['TF_ENABLE_ONEDNN_OPTS'] = '0';
const capability = nativeTensorflow();
goldenTests({ backend: 'tensorflow', test: testWith(capability), capability });
