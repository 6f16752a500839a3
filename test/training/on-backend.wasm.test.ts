import { trainingTests } from './on-backend.js';

trainingTests('wasm', { missing: null, required: true });
