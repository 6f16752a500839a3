import { z } from 'zod';
import { ARCHITECTURES, type ArchitectureId as Id } from './index.js';

export const ArchitectureId = z.enum(Object.keys(ARCHITECTURES) as Id[]);
export type ArchitectureId = Id;
