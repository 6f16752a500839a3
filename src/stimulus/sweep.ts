import { type Grating, renderGratings } from './parametric/grating.js';
import type { Canvas, Stimuli } from './stimuli.js';

/** 0, 15, ... 165 degrees. */
export const DEFAULT_ORIENTATIONS: readonly number[] = Array.from({ length: 12 }, (_, i) => i * 15);
/** 0, 45, ... 315 degrees. */
export const DEFAULT_PHASES: readonly number[] = Array.from({ length: 8 }, (_, i) => i * 45);

/** Gratings at every orientation and phase: stimulus `o * phases.length + p`, phase fastest. */
export interface OrientationSweep {
  readonly orientations: readonly number[];
  readonly phases: readonly number[];
  readonly gratings: readonly Grating[];
  readonly stimuli: Stimuli;
}

/**
 * Renders a grating at every orientation and phase.
 * @param grating what stays fixed (its own orientation and phase are not used)
 * @param orientations degrees
 * @param phases degrees
 * @throws InputError when the grating cannot be rendered on the canvas
 */
export function orientationSweep(
  grating: Grating,
  canvas: Canvas,
  orientations: readonly number[] = DEFAULT_ORIENTATIONS,
  phases: readonly number[] = DEFAULT_PHASES,
): OrientationSweep {
  const gratings = orientations.flatMap((orientation) =>
    phases.map((phase) => ({ ...grating, orientation, phase })),
  );
  return { orientations, phases, gratings, stimuli: renderGratings(gratings, canvas) };
}
