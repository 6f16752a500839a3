import { test } from 'vitest';
import { goldenTests } from './golden.js';

goldenTests({ backend: 'wasm', test, capability: { missing: null, required: true } });
