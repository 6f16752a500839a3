import { z } from 'zod';
import { InputError } from '../errors.js';
import { quote, unknownKeys } from '../formats/explain.js';
import { parseAs, parseJson } from '../formats/json.js';
import { nearestName } from '../formats/nearest-name.js';
import { errorAt } from './errors.js';
import { type Entry, parseImageView, parseParametric, within } from './parametric/entry.js';
import { isKind, type Kind, type Parametric, SCHEMAS } from './parametric/kinds.js';
import type { ImageView } from './parametric/view.js';
import { copyUnitFloats, scaleNotes } from './pixel-values.js';
import type { GrayImage } from './stimuli.js';

// a pixel is checked by hand further down: a schema per number would cost more than the model does
const StimulusEntry = z.unknown().meta({
  description:
    'Rows of pixels, 0..1; or {"png": base64} (also JPEG, WebP, TIFF); or {"npy": base64} of one ' +
    'image; or a stimulus by its parameters, such as {"grating": {...}}, of which there are ' +
    `${Object.keys(SCHEMAS).join(', ')} and image: see docs/stimuli.md`,
});

const Neurons = z
  .union([z.array(z.int().nonnegative()).min(1), z.string()])
  .optional()
  .describe('the neurons to compute: their numbers, or a text such as 0,5,7-12; default all');

/** The JSON body that carries stimuli. */
export const StimuliBody = z.strictObject({
  stimuli: z.array(StimulusEntry).min(1, 'there are no stimuli'),
  neurons: Neurons,
});
export type StimuliBody = z.infer<typeof StimuliBody>;

/** The digest of a stored stimulus set. */
export const SetDigest = z.string().regex(/^[0-9a-f]{64}$/, {
  error: ({ input }) =>
    `is ${quote(String(input))}; expected the digest of a stored set, all 64 hex digits of it: GET /v1/stimulus-sets lists the sets`,
});

/** The JSON body that names a stored set of stimuli, or some of one. */
export const StoredSetBody = z.strictObject({
  stimulusSet: SetDigest,
  stimuli: z
    .array(z.int().nonnegative())
    .min(1, 'there are no stimuli')
    .optional()
    .describe('which of the set, by their numbers from 0, in this order; default all'),
  neurons: Neurons,
});
export type StoredSetBody = z.infer<typeof StoredSetBody>;

/** One entry of `stimuli`, read as far as its JSON goes. */
export type JsonStimulus =
  | { readonly kind: 'pixels'; readonly image: GrayImage; readonly notes: string[] }
  | { readonly kind: 'file'; readonly file: EmbeddedFile; readonly view?: ImageView }
  | { readonly kind: 'parametric'; readonly path: string; readonly stimulus: Parametric };

/** A file in base64, and where it stands. */
export interface EmbeddedFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A JSON body that is one entry itself, as it came. */
export interface BareEntry {
  readonly entry: Entry;
}

/**
 * @throws InputError when the bytes are not JSON in UTF-8, or neither `{"stimuli": [...]}` nor
 *   `{"stimulusSet": digest}` nor an entry that describes a stimulus, such as `{"grating": {...}}`
 */
export function parseStimuliBody(body: Uint8Array): StimuliBody | StoredSetBody | BareEntry {
  const json = parseJson(body);
  if (typeof json === 'object' && json !== null) {
    if ('stimulusSet' in json) return parseAs(StoredSetBody, json, '');
    if (kindIn(json) !== undefined) return { entry: { ...json } };
    const unknown = Object.keys(json).filter((name) => !BODY_NAMES.includes(name));
    if (unknown.length > 0 && !('stimuli' in json)) {
      const message = unknownKeys(unknown, BODY_NAMES);
      throw new InputError(`the body: ${message}`, [{ path: '', message }]);
    }
  }
  return parseAs(StimuliBody, json, '');
}

/**
 * Reads one entry of `stimuli`.
 * @param path of the entry, e.g. `stimuli[0]`, or '' where it is the whole body; errors name it, or
 *   the pixel `stimuli[0][3][7]`
 * @param scale pixels per degree of visual angle, where they are known
 * @throws InputError when the entry is of no kind, ragged, or holds values outside their range
 */
export function parseJsonStimulus(
  entry: unknown,
  path: string,
  scale: number | undefined,
): JsonStimulus {
  if (Array.isArray(entry)) return parseRows(entry, path);
  const fields: Entry = typeof entry === 'object' && entry !== null ? { ...entry } : {};
  const names = Object.keys(fields);
  const [only] = names;
  if (names.length === 1 && (only === 'png' || only === 'npy')) {
    return { kind: 'file', file: parseFile(only, fields[only], path) };
  }
  const kind = kindIn(fields);
  if (kind === 'image') {
    const view = parseImageView(fields, path, scale);
    const type = view.png === undefined ? 'npy' : 'png';
    return { kind: 'file', file: parseFile(type, view[type], within(path, kind)), view };
  }
  if (kind !== undefined) {
    return {
      kind: 'parametric',
      path: within(path, kind),
      stimulus: parseParametric(kind, fields, path, scale),
    };
  }
  const meant = names.map((name) => nearestName(name, KINDS)).find((name) => name !== undefined);
  if (meant !== undefined) throw errorAt(path, unknownKeys(names, [...KINDS, 'png', 'npy']));
  throw errorAt(
    path,
    'a stimulus is rows of pixels, {"png": base64}, {"npy": base64}, or one of ' +
      `${KINDS.join(', ')} with its parameters, such as {"grating": {...}}`,
  );
}

const KINDS = [...Object.keys(SCHEMAS), 'image'];
/** The keys of which a body has one or more. */
const BODY_NAMES = ['stimuli', 'stimulusSet', 'neurons', ...KINDS];

function kindIn(entry: object): Kind | 'image' | undefined {
  return Object.keys(entry).find(
    (name): name is Kind | 'image' => name === 'image' || isKind(name),
  );
}

function parseFile(type: 'png' | 'npy', text: unknown, parent: string): EmbeddedFile {
  const path = within(parent, type);
  const contentType = type === 'png' ? 'image/png' : 'application/x-npy';
  return { path, contentType, bytes: parseBase64(text, path) };
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
  const notes = [...(rounded === undefined ? [] : [rounded]), ...scaleNotes(pixels)];
  return { kind: 'pixels', image, notes };
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
