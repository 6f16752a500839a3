import {
  MaxHeaderSizeExceededError,
  MaxPartsExceededError,
  type MultipartPart,
  parseMultipart,
} from '@remix-run/multipart-parser';
import { InputError, PayloadTooLargeError } from '../../errors.js';
import { createYielder } from '../chunks.js';
import { errorAt } from '../errors.js';
import { checkCount, type StimulusLimits } from '../limits.js';
import { SetDigest } from '../stimuli-body.js';
import {
  concatDecoded,
  counting,
  type DecodedStimuli,
  type DecodeOptions,
  type Decoding,
  located,
  type StimuliOrSet,
} from './decoding.js';
import { decodeFile } from './file.js';

/** One file of a multipart/form-data body. */
export interface FilePart {
  /** The name of the form field. */
  readonly field: string;
  /** The content type of the part, if it states one. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** The parts of a multipart/form-data body. */
export interface Form {
  /** In order. */
  readonly files: readonly FilePart[];
  /** The digest of a stored set, sent as a text field in place of files. */
  readonly stimulusSet?: string;
}

/** The one text field that is accepted. */
const SET_FIELD = 'stimulusSet';
/** The default type of a part (RFC 7578), which no file has. */
const DEFAULT_TYPE = 'text/plain';
/** The largest number of bytes in the headers of one part. */
const MAX_HEADER_SIZE = 4096;
/** The largest number of bytes in the text field. */
const MAX_TEXT_SIZE = 256;
/** The number of parts other than stimuli: the recorded responses, the digest of a stored set. */
const OTHER_PARTS = 2;
/** A part counts as an image of this size when reading parts yields to other work. */
const PART_COST = { height: 16, width: 16 };

/**
 * Splits a multipart/form-data body, one part at a time.
 * @param contentType the content type with its boundary
 * @throws PayloadTooLargeError with more parts than a request may have stimuli, InputError when the
 *   body cannot be split, has no file, or has other text fields
 */
export async function readForm(
  contentType: string,
  body: Uint8Array,
  { maxStimuli }: StimulusLimits,
): Promise<Form> {
  const files: FilePart[] = [];
  const digests: string[] = [];
  const takeTurn = createYielder();
  for (const part of readParts(body, readBoundary(contentType), maxStimuli + OTHER_PARTS)) {
    await takeTurn(PART_COST);
    const { name: field, mediaType } = part;
    if (!field) {
      throw new InputError(
        `part ${files.length + digests.length} of the form has no name; expected ` +
          'Content-Disposition: form-data; name="stimuli"; filename="..."',
      );
    }
    const type = mediaType === DEFAULT_TYPE ? undefined : mediaType;
    if (part.isFile || type !== undefined) {
      if (part.size === 0) throw errorAt(field, `the file ${files.length} of the form is empty`);
      files.push({ field, contentType: type, body: joinPieces(part) });
    } else if (field === SET_FIELD) {
      if (part.size > MAX_TEXT_SIZE) throw errorAt(SET_FIELD, `has ${part.size} bytes of text`);
      if (digests.length > 0) throw errorAt(SET_FIELD, 'is there more than once');
      digests.push(part.text);
    } else {
      throw errorAt(field, 'a file is expected, not a text field');
    }
  }
  const [stimulusSet] = digests;
  if (stimulusSet !== undefined) return { files, stimulusSet };
  if (files.length === 0) throw new InputError('the multipart body has no file');
  return { files };
}

function* readParts(
  body: Uint8Array,
  boundary: string,
  maxParts: number,
): Generator<MultipartPart> {
  const { length } = body;
  try {
    const limits = { maxHeaderSize: MAX_HEADER_SIZE, maxParts };
    const sizes = { maxFileSize: length, maxTotalSize: length };
    for (const part of parseMultipart(body, { boundary, ...limits, ...sizes })) {
      // Headers are decoded when they are first read, and may not be UTF-8.
      void part.headers;
      yield part;
    }
  } catch (cause) {
    if (cause instanceof MaxPartsExceededError) {
      throw new PayloadTooLargeError(`the form has more than ${maxParts} parts`, [], { cause });
    }
    const reason =
      cause instanceof MaxHeaderSizeExceededError
        ? `the headers of a part are larger than ${MAX_HEADER_SIZE} bytes`
        : 'it is cut off, or does not begin with its boundary';
    throw new InputError(`the multipart body cannot be read: ${reason}`, [], { cause });
  }
}

/** What lies between the parts of a form; undefined if the content type states none. */
export function findBoundary(contentType: string): string | undefined {
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** @throws InputError if the content type states none */
function readBoundary(contentType: string): string {
  const boundary = findBoundary(contentType);
  if (boundary !== undefined) return boundary;
  throw new InputError(
    `the multipart body cannot be read: the Content-Type ${JSON.stringify(contentType)} has no ` +
      'boundary; expected multipart/form-data; boundary=...',
  );
}

/** Joins the pieces of a file; a single piece is not copied. */
function joinPieces(part: MultipartPart): Uint8Array {
  return part.content.length === 1 ? part.content[0]! : part.bytes;
}

/**
 * Decodes the stimuli of a form: its files in order (images, .npy or raw pixels), or the stored set that it
 * names.
 * @throws as `decodeStimuli`
 */
export async function readFormParts(
  { files, stimulusSet }: Form,
  options: DecodeOptions,
): Promise<StimuliOrSet> {
  if (stimulusSet === undefined) return { decoded: await decodeFiles(files, counting(options)) };
  if (files.length > 0) {
    throw errorAt('stimulusSet', 'a stored set and files are both sent; expected one of them');
  }
  const digest = SetDigest.safeParse(stimulusSet);
  if (!digest.success) throw errorAt('stimulusSet', digest.error.issues[0]!.message);
  return { named: { digest: digest.data } };
}

async function decodeFiles(files: readonly FilePart[], options: Decoding): Promise<DecodedStimuli> {
  const decoded: DecodedStimuli[] = [];
  let count = 0;
  for (const [i, file] of files.entries()) {
    const one = await located(`file ${i} (${file.field})`, () => decodeFile(file, options, count));
    count += one.stimuli.count;
    checkCount(count, options.limits);
    decoded.push(one);
    await options.yieldAfter(one.stimuli);
  }
  return concatDecoded(decoded);
}
