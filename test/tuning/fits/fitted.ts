import fc from 'fast-check';
import { expect } from 'vitest';
import { Fit } from '../../../src/tuning/schemas.js';
import { between } from '../../support/numbers.js';

/** An offset and a gain of responses, in any unit. */
export const unit = fc.record({ b: between(-2, 2), gain: fc.constantFrom(1e-3, 1, 500) });

/** The parameters of a fit to responses without noise, which it must explain. */
export function fitted(fit: Fit): Record<string, number> {
  expect(Fit.parse(fit)).toEqual(fit);
  if (fit.parameters === null) throw new Error(fit.reason);
  expect(fit.converged).toBe(true);
  expect(fit.rSquared).toBeGreaterThan(1 - 1e-9);
  return fit.parameters;
}

/** Relative difference. */
export const off = (value: number, expected: number) => Math.abs(value / expected - 1);
