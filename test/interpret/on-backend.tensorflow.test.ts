import { ArchitectureId } from '../../src/network/architectures/id.js';
import { nativeTensorflow } from '../support/capabilities.js';
import { insideTests } from './on-backend.js';

insideTests('tensorflow', nativeTensorflow(), ArchitectureId.options);
