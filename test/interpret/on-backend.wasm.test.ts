import { ArchitectureId } from '../../src/network/architectures/id.js';
import { insideTests } from './on-backend.js';

insideTests('wasm', { missing: null, required: true }, ArchitectureId.options);
