import { z } from 'zod';

/** One figure of a run, as its programs print it: a line of JSON. */
export const Figure = z.object({
  task: z.enum(['training', 'serving']),
  /** What computes: `webgpu`, `pytorch loop`. */
  contender: z.string(),
  architecture: z.string(),
  /** Networks that compute. */
  neurons: z.number(),
  /** Of a batch in training, of a request in serving. */
  images: z.number(),
  /** Networks that train together, where that is fewer than all. */
  together: z.number().optional(),
  /** Of each run. */
  milliseconds: z.array(z.number()).min(1).optional(),
  error: z.string().optional(),
});
export type Figure = z.infer<typeof Figure>;

/** How one architecture differs from the published code on the card. */
export const Golden = z.object({
  golden: z.string(),
  within: z.boolean().optional(),
  responses: z.number().optional(),
  loss: z.number().optional(),
  weight: z.number().optional(),
  error: z.string().optional(),
});
export type Golden = z.infer<typeof Golden>;

/** What a program computes with: the adapter, versions. */
export const Machine = z.object({ machine: z.record(z.string(), z.unknown()) });

export const Line = z.union([Golden, Machine, Figure]);
export type Line = z.infer<typeof Line>;

/** Prints a line of a run. */
export function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The first line of what went wrong. */
export function failureReason(error: unknown): string {
  return String(error).split('\n')[0]!.slice(0, 300);
}
