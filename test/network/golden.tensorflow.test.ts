import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { goldenTests } from './golden.js';

// read by libtensorflow when it is loaded: its plain kernels, which round as the published code does
process.env['TF_ENABLE_ONEDNN_OPTS'] = '0';
const capability = nativeTensorflow();
goldenTests({ backend: 'tensorflow', test: testWith(capability), capability });
