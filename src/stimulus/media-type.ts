/** The media types in which stimuli are accepted, as a list for messages and headers. */
export const ACCEPTED_TYPES =
  'image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, ' +
  'application/json, multipart/form-data';

const SIGNATURES: readonly { type: string; offset: number; bytes: string }[] = [
  { type: 'image/png', offset: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', offset: 0, bytes: '\xff\xd8\xff' },
  { type: 'image/webp', offset: 8, bytes: 'WEBP' },
  { type: 'image/tiff', offset: 0, bytes: 'II*\0' },
  { type: 'image/tiff', offset: 0, bytes: 'MM\0*' },
  // BigTIFF
  { type: 'image/tiff', offset: 0, bytes: 'II+\0' },
  { type: 'image/tiff', offset: 0, bytes: 'MM\0+' },
  { type: 'application/x-npy', offset: 0, bytes: '\x93NUMPY' },
];

/** The media type that a file's first bytes show, or undefined where they show none. */
export function sniffMediaType(body: Uint8Array): string | undefined {
  const head = Buffer.from(body.subarray(0, 16)).toString('latin1');
  return SIGNATURES.find(({ offset, bytes }) => head.startsWith(bytes, offset))?.type;
}

/** `Image/PNG; charset=x` to `image/png`; undefined where there is none. */
export function essenceOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() || undefined;
}

export function isImageType(type: string): boolean {
  return ['image/png', 'image/jpeg', 'image/webp', 'image/tiff'].includes(type);
}
