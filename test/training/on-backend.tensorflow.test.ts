import { nativeTensorflow } from '../support/capabilities.js';
import { trainingTests } from './on-backend.js';

trainingTests('tensorflow', nativeTensorflow());
