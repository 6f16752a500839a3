import { parse } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../../src/errors.js';
import type { FileTree } from '../arrays/file-tree.js';

/** What the screen did in one trial. */
export const ScreenTrial = z.object({
  modality: z.string().toLowerCase(),
  first_frame_idx: z.int().min(0),
  tier: z.string().nullish(),
  encoded: z.boolean().nullish(),
});

/** What is in a folder of signals. */
export const Signals = z.object({
  modality: z.string(),
  n_signals: z.int().min(1),
  start_time: z.number(),
  end_time: z.number(),
  sampling_rate: z.number().positive().nullish(),
  phase_shift_per_signal: z.boolean().nullish(),
  n_timestamps: z.int().min(1).nullish(),
  dtype: z.string().nullish(),
  spike_indices: z.array(z.int().min(0)).nullish(),
});
export type Signals = z.infer<typeof Signals>;

/**
 * Reads a file of YAML, of which JSON is a part.
 * @throws InputError naming the file and the field that is missing or wrong
 */
export async function readMeta<Schema extends z.ZodType>(
  tree: FileTree,
  name: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const bytes = await tree.bytes(name);
  const text = (await bytes.read(0, bytes.length)).toString('utf8');
  let content: unknown;
  try {
    content = name.endsWith('.json') ? JSON.parse(text) : parse(text);
  } catch (cause) {
    throw new InputError(`${name} cannot be read; expected a whole file`, [], { cause });
  }
  const read = schema.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new InputError(
    `${name} is wrong at ${issue!.path.join('.') || 'its beginning'}: ${issue!.message}; expected a recording of experanto`,
  );
}
