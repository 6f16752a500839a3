import { webgpuAdapter } from '../support/capabilities.js';
import { insideTests } from './on-backend.js';

// of each kind of attention and readout; a driver that is itself a program on the CPU takes its time
insideTests('webgpu', webgpuAdapter(), ['ff_cnn', 'rf_sa_cnn', 'ff_sa_cnn_star_incr_fc1'], 300_000);
