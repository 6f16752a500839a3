import { webgpuAdapter } from '../support/capabilities.js';
import { insideTests } from './on-backend.js';

// One of each kind of attention and readout, since a software driver is slow.
insideTests('webgpu', webgpuAdapter(), ['ff_cnn', 'rf_sa_cnn', 'ff_sa_cnn_star_incr_fc1'], 300_000);
