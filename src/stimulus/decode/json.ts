import { InputError, PayloadTooLargeError } from '../../errors.js';
import { unknownKeys } from '../../formats/explain.js';
import { parseAs, parseJson } from '../../formats/json.js';
import { nearestName } from '../../formats/nearest-name.js';
import { errorAt, sizeText } from '../errors.js';
import type { Size } from '../fit.js';
import { checkCount, checkPixels, type StimulusLimits } from '../limits.js';
import { type Entry, parseImageView, parseParametric, within } from '../parametric/entry.js';
import { isKind, type Kind, type Parametric, prepare, SCHEMAS } from '../parametric/kinds.js';
import { type ImageView, viewImage } from '../parametric/view.js';
import { copyUnitFloats, scaleNotes } from '../pixel-values.js';
import { imageLength, type StimulusImage, stimulusAt } from '../stimuli.js';
import { StimuliBody, StoredSetBody } from '../stimuli-body.js';
import { sizedCanvas, type Target } from '../target.js';
import {
  concatDecoded,
  type DecodedStimuli,
  type Decoding,
  fitBatch,
  located,
  oneStimulus,
} from './decoding.js';
import { decodeFile } from './file.js';

/** An entry of `stimuli` as parsed from JSON, before it is decoded. */
export type JsonStimulus =
  | { readonly kind: 'pixels'; readonly image: StimulusImage; readonly notes: string[] }
  | { readonly kind: 'file'; readonly file: EmbeddedFile; readonly view?: ImageView }
  | { readonly kind: 'parametric'; readonly path: string; readonly stimulus: Parametric };

/** A file in base64, and its path in the request. */
export interface EmbeddedFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A JSON body that is itself one entry, before it is parsed. */
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
 * @param path the path of the entry, e.g. `stimuli[0]`, or '' if it is the whole body; errors name it, or
 *   the pixel `stimuli[0][3][7]`
 * @param target the channels that are taken, and the pixels per degree of visual angle, if known
 * @throws InputError when the entry is of no kind, ragged, or has values outside their range
 */
export function parseJsonStimulus(
  entry: unknown,
  path: string,
  target: Pick<Target, 'channels' | 'pixelsPerDegree'>,
): JsonStimulus {
  if (Array.isArray(entry)) return parseRows(entry, path, target);
  const scale = target.pixelsPerDegree;
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
/** The keys of a body, which has one or more of them. */
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

/** Reads rows of pixels: numbers or, where the target takes colour, [red, green, blue]. */
function parseRows(
  rows: readonly unknown[],
  path: string,
  { channels: taken }: Pick<Target, 'channels'>,
): JsonStimulus {
  const first: unknown = rows[0];
  const width = Array.isArray(first) ? first.length : 0;
  if (width === 0) throw errorAt(path, 'rows of pixels are expected: [[0.5, ...], ...]');
  const isColour = Array.isArray((first as readonly unknown[])[0]);
  if (isColour && taken === 1) {
    throw errorAt(path, 'its pixels have several values; only gray is accepted: [[0.5, ...], ...]');
  }
  const channels = isColour ? 3 : 1;
  const values = new Float64Array(rows.length * width * channels);
  for (const [y, row] of rows.entries()) {
    if (!Array.isArray(row)) throw errorAt(`${path}[${y}]`, 'a row of pixels is expected');
    if (row.length !== width) {
      throw errorAt(`${path}[${y}]`, `${row.length} pixels; the first row has ${width}`);
    }
    for (let x = 0; x < width; x++) {
      const pixel: unknown = isColour ? row[x] : [row[x]];
      const place = `${path}[${y}][${x}]`;
      if (!Array.isArray(pixel) || pixel.length !== channels) {
        throw errorAt(place, 'three numbers are expected: [red, green, blue]');
      }
      for (const [c, value] of pixel.entries()) {
        if (typeof value !== 'number') {
          throw errorAt(isColour ? `${place}[${c}]` : place, 'a number is expected');
        }
        values[(y * width + x) * channels + c] = value;
      }
    }
  }
  const pixels = new Float32Array(values.length);
  const entryPath = (i: number) => {
    const pixel = Math.floor(i / channels);
    const place = `${path}[${Math.floor(pixel / width)}][${pixel % width}]`;
    return isColour ? `${place}[${i % channels}]` : place;
  };
  const rounded = copyUnitFloats(values, pixels, entryPath);
  const image = { height: rows.length, width, channels, pixels } as const;
  const notes = [...(rounded === undefined ? [] : [rounded]), ...scaleNotes(pixels)];
  return { kind: 'pixels', image, notes };
}

function parseBase64(text: unknown, path: string): Uint8Array {
  if (typeof text === 'string' && text !== '') {
    const bytes = Buffer.from(text, 'base64');
    // Buffer skips invalid characters, so only encoding the bytes again reveals them.
    if (withoutPadding(bytes.toString('base64')) === withoutPadding(text)) return bytes;
  }
  throw errorAt(path, 'base64 is expected, without a data: prefix');
}

function withoutPadding(base64: string): string {
  return base64.replace(/={1,2}$/, '');
}

/** The number of pixels that are rendered without a pause, which takes some milliseconds. */
const MAX_RENDERED = 2 ** 18;
/** The same limit for blurred images, whose pixels take longer. */
const MAX_BLURRED = 2 ** 16;

/** Decodes the entries of `stimuli` in a JSON body, in order. @throws as `decodeStimuli` */
export async function decodeEntries(
  entries: readonly unknown[],
  options: Decoding,
): Promise<DecodedStimuli> {
  checkCount(entries.length, options.limits);
  const decoded: DecodedStimuli[] = [];
  let count = 0;
  for (const [i, entry] of entries.entries()) {
    const one = await decodeEntry(entry, `stimuli[${i}]`, options, i);
    count += one.stimuli.count;
    checkCount(count, options.limits);
    decoded.push(one);
    await options.yieldAfter(one.stimuli);
  }
  return concatDecoded(decoded);
}

/**
 * Decodes one entry: one stimulus, or the frames of a sequence.
 * @param path the path of the entry; '' if it is the whole body
 * @param index the number of the entry, for errors
 */
export async function decodeEntry(
  entry: unknown,
  path: string,
  options: Decoding,
  index: number,
): Promise<DecodedStimuli> {
  const parsed = parseJsonStimulus(entry, path, options.target);
  switch (parsed.kind) {
    case 'pixels':
      return fitBatch(oneStimulus(parsed.image), [parsed.notes], options, index);
    case 'file':
      return located(parsed.file.path, () =>
        decodeEmbedded(parsed.file, parsed.view, options, index),
      );
    case 'parametric':
      return located(parsed.path, () => render(parsed.stimulus, options));
  }
}

/** A file inside a JSON body: one stimulus. */
async function decodeEmbedded(
  { contentType, bytes }: EmbeddedFile,
  view: ImageView | undefined,
  options: Decoding,
  index: number,
): Promise<DecodedStimuli> {
  const decoded = await decodeFile({ contentType, body: bytes }, options, index);
  const { stimuli, notes } = decoded;
  if (stimuli.count !== 1) throw new InputError(`${stimuli.count} images; one is expected`);
  if (view === undefined) return decoded;
  checkExtent(stimuli, MAX_BLURRED, 'blurred or cut out');
  const image = viewImage(stimulusAt(stimuli, 0), view, options.target);
  await options.yieldAfter(image);
  return { stimuli: oneStimulus(image), notes };
}

async function render(stimulus: Parametric, options: Decoding): Promise<DecodedStimuli> {
  const canvas = sizedCanvas(options.target, 'rendered', stimulus.colour ? 3 : 1);
  checkRenderable(canvas, options.limits);
  const { frames, paint } = prepare(stimulus, canvas);
  checkCount(frames, options.limits);
  options.countPixels({ ...canvas, height: frames * canvas.height });
  const { height, width, channels } = canvas;
  const size = imageLength(canvas);
  const pixels = new Float32Array(frames * size);
  const notes: (readonly string[])[] = [];
  for (let i = 0; i < frames; i++) {
    const painted = paint(i);
    pixels.set(painted.image.pixels, i * size);
    notes.push(painted.notes);
    await options.yieldAfter(canvas);
  }
  return { stimuli: { count: frames, height, width, channels, pixels }, notes };
}

/** @throws PayloadTooLargeError when a stimulus of this size is not rendered here */
export function checkRenderable(size: Size, limits: StimulusLimits): void {
  checkPixels(size, limits);
  checkExtent(size, MAX_RENDERED, 'rendered');
}

function checkExtent(size: Size, max: number, done: string): void {
  if (size.height * size.width <= max) return;
  throw new PayloadTooLargeError(
    `stimulus too large to be ${done}: ${sizeText(size)}; expected at most ${max} pixels`,
  );
}
