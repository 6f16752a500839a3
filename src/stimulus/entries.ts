import { InputError, PayloadTooLargeError } from '../errors.js';
import {
  concatDecoded,
  type DecodedStimuli,
  type Decoding,
  fitBatch,
  located,
  oneStimulus,
  sizedCanvas,
} from './decoding.js';
import { sizeText } from './errors.js';
import { decodeFile } from './file.js';
import type { Size } from './fit.js';
import { type EmbeddedFile, parseJsonStimulus } from './json.js';
import { checkCount, checkPixels, type StimulusLimits } from './limits.js';
import { type Parametric, prepare } from './parametric/kinds.js';
import { type ImageView, viewImage } from './parametric/view.js';
import { stimulusAt } from './stimuli.js';

/** Rendered in one go: some milliseconds, in which nobody else has a turn. */
const MOST_RENDERED = 2 ** 18;
/** The same for what is blurred, each pixel of which takes longer. */
const MOST_BLURRED = 2 ** 16;

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
    await options.takeTurns(one.stimuli);
  }
  return concatDecoded(decoded);
}

/**
 * Decodes one entry: one stimulus, or the frames of a sequence.
 * @param path of the entry; '' where it is the whole body
 * @param index of the entry, so that errors name it
 */
export async function decodeEntry(
  entry: unknown,
  path: string,
  options: Decoding,
  index: number,
): Promise<DecodedStimuli> {
  const { target } = options;
  const scale = 'height' in target ? target.pixelsPerDegree : undefined;
  const parsed = parseJsonStimulus(entry, path, scale);
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
  checkExtent(stimuli, MOST_BLURRED, 'blurred or cut out');
  const image = viewImage(stimulusAt(stimuli, 0), view, options.target);
  await options.takeTurns(image);
  return { stimuli: oneStimulus(image), notes };
}

async function render(stimulus: Parametric, options: Decoding): Promise<DecodedStimuli> {
  const canvas = sizedCanvas(options.target, 'rendered');
  checkRenderable(canvas, options.limits);
  const { frames, paint } = prepare(stimulus, canvas);
  checkCount(frames, options.limits);
  options.countPixels({ height: frames * canvas.height, width: canvas.width });
  const { height, width } = canvas;
  const size = height * width;
  const pixels = new Float32Array(frames * size); // [frames, height, width]
  const notes: (readonly string[])[] = [];
  for (let i = 0; i < frames; i++) {
    const painted = paint(i);
    pixels.set(painted.image.pixels, i * size);
    notes.push(painted.notes);
    await options.takeTurns(canvas);
  }
  return { stimuli: { count: frames, height, width, pixels }, notes };
}

/** @throws PayloadTooLargeError when a stimulus of this size is not rendered here */
export function checkRenderable(size: Size, limits: StimulusLimits): void {
  checkPixels(size, limits);
  checkExtent(size, MOST_RENDERED, 'rendered');
}

function checkExtent(size: Size, most: number, done: string): void {
  if (size.height * size.width <= most) return;
  throw new PayloadTooLargeError(
    `stimulus too large to be ${done}: ${sizeText(size)}; expected at most ${most} pixels`,
  );
}
