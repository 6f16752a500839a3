import { isUniform } from '../angles.js';
import { F1F0 } from '../indices.js';
import type { Analysis, Dimension } from './dimension.js';

export const phase = {
  parameters: ['phase', 'surroundPhase'],
  label: 'Phase',
  axisLabel: 'Phase (degrees)',
  unit: 'degrees',
  scale: 'linear',
  period: 360,
  zeroIsBlank: false,
  fits: {},
  drawnFits: [],
  indices: { F1F0: { label: 'Modulation by phase, F1/F0 (complex cells: small)', unit: '1' } },
} as const satisfies Dimension;

export const analysePhase: Analysis = function* ({ values, responses, blank }) {
  yield;
  return { fits: {}, indices: isUniform(values, 360) ? { F1F0: F1F0(responses, blank) } : {} };
};
