import { z } from 'zod';

/** Of an index of an ensemble: what its formula gives for the members' own responses. */
export const MemberInterval = z.strictObject({
  /** The lowest and the highest value; null where no member has one. An angle may lie beyond its period, so that it is an interval. */
  lowest: z.number().nullable(),
  highest: z.number().nullable(),
  /** Members for which the index is undefined. */
  undefined: z.int().nonnegative(),
});
export type MemberInterval = z.infer<typeof MemberInterval>;

const stated = {
  /** The formula, in symbols. */
  formula: z.string(),
  /** `rectified`: negative responses counted as 0; `kept`: they entered unchanged. */
  negative: z.enum(['rectified', 'kept']),
  /** The response that counts as none: 0, the response to the blank, or the fitted b. */
  baseline: z.enum(['not subtracted', 'blank subtracted', 'fitted b']),
  /** For F1F0: the swept parameters of the grating at whose phases it was measured. */
  at: z.record(z.string(), z.number()).optional(),
  /** Of an ensemble. */
  members: MemberInterval.optional(),
};

/** A number derived from a curve, or the reason why there is none. */
export const Index = z.union([
  z.strictObject({
    value: z.number(),
    /** The result of the formula with negative responses unchanged, if there are any. */
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
    /** The parameters that are at an end of the range in which they were fitted. */
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

/** Fits and indices of one neuron's responses along one parameter. */
export const CurveTuning = z.strictObject({
  fits: z.record(z.string(), Fit),
  indices: z.record(z.string(), Index),
});
export type CurveTuning = z.infer<typeof CurveTuning>;
