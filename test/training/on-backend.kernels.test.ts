import { trainingKernelAddon } from '../support/capabilities.js';
import { trainingTests } from './on-backend.js';

const capability = trainingKernelAddon();
trainingTests('wasm', capability, 1e-4, capability.file);
