import { z } from 'zod';

/** How long each recipe would train all neurons of a dataset, by its name. */
export const ExpectedSeconds = z.record(z.string(), z.number().nonnegative());
export type ExpectedSeconds = z.infer<typeof ExpectedSeconds>;

/** Such times, as they are kept with a dataset. */
export const ExpectedTimes = z.strictObject({
  /** Where they were measured. */
  machine: z.string(),
  seconds: ExpectedSeconds,
});
export type ExpectedTimes = z.infer<typeof ExpectedTimes>;

/** Not a part of the dataset, whose digest is the same on every machine. */
export const EXPECTED_TIMES_FILE = 'expected-times.json';
