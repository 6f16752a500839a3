import { z } from 'zod';
import { parseAs, parseJson } from '../formats/json.js';
import { errorAt } from './errors.js';
import { Grating } from './grating.js';
import { copyUnitFloats } from './pixel-values.js';
import type { GrayImage } from './stimuli.js';

// a pixel is checked by hand further down: a schema per number would cost more than the model does
const StimulusEntry = z.unknown().meta({
  description:
    'Rows of pixels, 0..1; or {"png": base64} (also JPEG, WebP, TIFF); or {"npy": base64} of one ' +
    'image; or {"grating": {...}}',
});

const Neurons = z
  .union([z.array(z.int().nonnegative()).min(1), z.string()])
  .optional()
  .describe('the neurons to compute: their numbers, or a text such as 0,5,7-12; default all');

/** The JSON body that carries stimuli. */
export const StimuliBody = z.strictObject({
  stimuli: z.array(StimulusEntry, 'a list of stimuli is expected').min(1, 'there are no stimuli'),
  neurons: Neurons,
});
export type StimuliBody = z.infer<typeof StimuliBody>;

/** The digest of a stored stimulus set. */
export const SetDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'the digest of a stored set is expected, 64 hex digits');

/** The JSON body that names a stored set of stimuli. */
export const StoredSetBody = z.strictObject({ stimulusSet: SetDigest, neurons: Neurons });
export type StoredSetBody = z.infer<typeof StoredSetBody>;

/** One entry of `stimuli`, read as far as its JSON goes. */
export type JsonStimulus =
  | { readonly kind: 'pixels'; readonly image: GrayImage; readonly notes: string[] }
  | { readonly kind: 'png' | 'npy'; readonly bytes: Uint8Array }
  | { readonly kind: 'grating'; readonly grating: Grating };

/**
 * @throws InputError when the bytes are not JSON in UTF-8, or neither `{"stimuli": [...]}` nor
 *   `{"stimulusSet": digest}`
 */
export function parseStimuliBody(body: Uint8Array): StimuliBody | StoredSetBody {
  const json = parseJson(body);
  const named = typeof json === 'object' && json !== null && 'stimulusSet' in json;
  return named ? parseAs(StoredSetBody, json, '') : parseAs(StimuliBody, json, '');
}

/**
 * Reads one entry of `stimuli`.
 * @param path of the entry, e.g. `stimuli[0]`; errors name it, or the pixel `stimuli[0][3][7]`
 * @throws InputError when the entry is none of the four kinds, ragged, or holds values outside 0..1
 */
export function parseJsonStimulus(entry: unknown, path: string): JsonStimulus {
  if (Array.isArray(entry)) return parseRows(entry, path);
  const fields = typeof entry === 'object' && entry !== null ? Object.entries(entry) : [];
  const [kind, value] = fields[0] ?? [];
  if (fields.length === 1 && kind === 'grating') {
    return { kind, grating: parseAs(Grating, value, `${path}.grating`) };
  }
  if (fields.length === 1 && (kind === 'png' || kind === 'npy')) {
    return { kind, bytes: parseBase64(value, `${path}.${kind}`) };
  }
  throw errorAt(
    path,
    'a stimulus is rows of pixels, {"png": base64}, {"npy": base64} or {"grating": {...}}',
  );
}

function parseRows(rows: readonly unknown[], path: string): JsonStimulus {
  const first = rows[0];
  const width = Array.isArray(first) ? first.length : 0;
  if (width === 0) throw errorAt(path, 'rows of pixels are expected: [[0.5, ...], ...]');
  const values = new Float64Array(rows.length * width);
  for (const [y, row] of rows.entries()) {
    if (!Array.isArray(row)) throw errorAt(`${path}[${y}]`, 'a row of pixels is expected');
    if (row.length !== width) {
      throw errorAt(`${path}[${y}]`, `${row.length} pixels; the first row has ${width}`);
    }
    for (let x = 0; x < width; x++) {
      const value: unknown = row[x];
      if (typeof value !== 'number') throw errorAt(`${path}[${y}][${x}]`, 'a number is expected');
      values[y * width + x] = value;
    }
  }
  const pixels = new Float32Array(values.length);
  const pathOf = (i: number) => `${path}[${Math.floor(i / width)}][${i % width}]`;
  const rounded = copyUnitFloats(values, pixels, pathOf);
  const image = { height: rows.length, width, pixels };
  return { kind: 'pixels', image, notes: rounded === undefined ? [] : [rounded] };
}

function parseBase64(text: unknown, path: string): Uint8Array {
  if (typeof text === 'string' && text !== '') {
    const bytes = Buffer.from(text, 'base64');
    // Buffer skips what it cannot read, so only the way back shows whether it read everything
    if (withoutPadding(bytes.toString('base64')) === withoutPadding(text)) return bytes;
  }
  throw errorAt(path, 'base64 is expected, without a data: prefix');
}

function withoutPadding(base64: string): string {
  return base64.replace(/={1,2}$/, '');
}
