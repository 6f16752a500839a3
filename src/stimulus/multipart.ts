import { InputError } from '../input-error.js';
import { errorAt } from './errors.js';

/** One file of a multipart/form-data body. */
export interface FilePart {
  /** The form field that it was sent under. */
  readonly field: string;
  /** Its own content type, where it states one. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** A multipart/form-data body, split. */
export interface Form {
  /** In order. */
  readonly files: readonly FilePart[];
  /** The digest of a stored set, sent as a text field in place of files. */
  readonly stimulusSet?: string;
}

/** The one text field that is taken. */
const SET_FIELD = 'stimulusSet';
/** What a part that states no type counts as (RFC 7578); nothing of this type is read here. */
const UNSTATED = 'text/plain';

/**
 * Splits a multipart/form-data body.
 * @param contentType with its boundary
 * @throws InputError when the body cannot be split, is empty, or holds other text fields
 */
export async function readForm(contentType: string, body: Uint8Array): Promise<Form> {
  // typed by the memory that bodies of requests lie in
  const owned = body as Uint8Array<ArrayBuffer>;
  const form = await new Response(owned, { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw new InputError(
        'the multipart body cannot be read: cut off, or without its boundary',
        [],
        {
          cause,
        },
      );
    });
  const files: FilePart[] = [];
  const digests: string[] = [];
  for (const [field, value] of form) {
    if (typeof value !== 'string') {
      const bytes = new Uint8Array(await value.arrayBuffer());
      const type = value.type === UNSTATED ? '' : value.type;
      files.push({ field, contentType: type || undefined, body: bytes });
    } else if (field === SET_FIELD) {
      digests.push(value);
    } else {
      throw errorAt(field, 'a file is expected, not a text field');
    }
  }
  const [stimulusSet] = digests;
  if (digests.length > 1) throw errorAt(SET_FIELD, 'is there more than once');
  if (stimulusSet !== undefined) return { files, stimulusSet };
  if (files.length === 0) throw new InputError('the multipart body holds no file');
  return { files };
}
