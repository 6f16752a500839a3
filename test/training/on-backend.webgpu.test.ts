import { webgpuAdapter } from '../support/capabilities.js';
import { trainingTests } from './on-backend.js';

// Its softplus takes the logarithm of 1 + exp(-12), which float32 represents to 1 %.
trainingTests('webgpu', webgpuAdapter(), 1e-2);
