import { z } from 'zod';

const stated = {
  /** What was computed, in symbols. */
  formula: z.string(),
  /** `rectified`: negative responses counted as 0; `kept`: they entered as they are. */
  negative: z.enum(['rectified', 'kept']),
  /** What stood for no response: nothing was subtracted, the response to the blank was, or the fitted b. */
  baseline: z.enum(['not subtracted', 'blank subtracted', 'fitted b']),
  /** Of F1F0: the grating at whose phases it was measured, by those of its parameters that varied. */
  at: z.record(z.string(), z.number()).optional(),
};

/** One number said of a curve, or the reason why there is none. */
export const Index = z.union([
  z.strictObject({
    value: z.number(),
    /** The same formula with negative responses as they are; only where there are any. */
    raw: z.number().optional(),
    ...stated,
  }),
  z.strictObject({ value: z.null(), reason: z.string(), ...stated }),
]);
export type Index = z.infer<typeof Index>;

/** A function fitted to a curve by least squares. */
export const Fit = z.union([
  z.strictObject({
    /** The function, in symbols. */
    model: z.string(),
    parameters: z.record(z.string(), z.number()),
    /** 1 - residual / total sum of squares. */
    rSquared: z.number(),
    /** Whether the sum of squares is at a minimum. */
    converged: z.boolean(),
    /** Parameters that lie at the end of the range in which they were looked for. */
    atBound: z.array(z.string()),
  }),
  z.strictObject({
    model: z.string(),
    parameters: z.null(),
    rSquared: z.null(),
    converged: z.literal(false),
    reason: z.string(),
  }),
]);
export type Fit = z.infer<typeof Fit>;

/** What is said of one neuron's responses along one parameter. */
export const CurveTuning = z.strictObject({
  fits: z.record(z.string(), Fit),
  indices: z.record(z.string(), Index),
});
export type CurveTuning = z.infer<typeof CurveTuning>;
