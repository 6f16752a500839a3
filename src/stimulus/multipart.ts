import { InputError } from '../input-error.js';

/** One file of a multipart/form-data body. */
export interface FilePart {
  /** The form field that it was sent under. */
  readonly field: string;
  /** Its own content type, where it states one. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/**
 * The files of a multipart/form-data body, in order.
 * @param contentType with its boundary
 * @throws InputError when the body cannot be split, holds no file, or holds text fields
 */
export async function readFileParts(contentType: string, body: Uint8Array): Promise<FilePart[]> {
  const form = await new Response(body, { headers: { 'content-type': contentType } })
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
  const parts: FilePart[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') {
      const message = 'a file is expected, not a text field';
      throw new InputError(`${field}: ${message}`, [{ path: field, message }]);
    }
    const bytes = new Uint8Array(await value.arrayBuffer());
    parts.push({ field, contentType: value.type || undefined, body: bytes });
  }
  if (parts.length === 0) throw new InputError('the multipart body holds no file');
  return parts;
}
