export const FORM_TYPE = 'multipart/form-data';

/** The accepted media types of stimuli, as a list for messages and headers. */
export const ACCEPTED_TYPES =
  'image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, ' +
  `application/json, ${FORM_TYPE}`;

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

/** Other names that programs use for accepted types. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/tif': 'image/tiff',
  'image/x-tiff': 'image/tiff',
  'application/npy': 'application/x-npy',
};

const AS_PNG = 'save each image as PNG';
const AS_NPY = 'save the array of pixels with numpy.save, and send the .npy file';

/** Common formats that are not accepted, with advice. */
const OTHER_FORMATS: readonly { format: string; offset: number; bytes: string; advice: string }[] =
  [
    { format: 'a ZIP archive, as .npz files are', offset: 0, bytes: 'PK\x03\x04', advice: AS_NPY },
    { format: 'a MATLAB file', offset: 0, bytes: 'MATLAB ', advice: AS_NPY },
    { format: 'an HDF5 file', offset: 0, bytes: '\x89HDF\r\n\x1a\n', advice: AS_NPY },
    { format: 'a Parquet file', offset: 0, bytes: 'PAR1', advice: AS_NPY },
    { format: 'compressed with gzip', offset: 0, bytes: '\x1f\x8b', advice: 'send it unpacked' },
    { format: 'a GIF image', offset: 0, bytes: 'GIF8', advice: AS_PNG },
    { format: 'a BMP image', offset: 0, bytes: 'BM', advice: AS_PNG },
    { format: 'an AVIF or HEIC image', offset: 4, bytes: 'ftyp', advice: AS_PNG },
    { format: 'a PDF document', offset: 0, bytes: '%PDF-', advice: AS_PNG },
    { format: 'an SVG drawing', offset: 0, bytes: '<svg', advice: AS_PNG },
    { format: 'an XML document, as SVG drawings are', offset: 0, bytes: '<?xml', advice: AS_PNG },
    { format: 'a Python pickle', offset: 0, bytes: '\x80\x04\x95', advice: AS_NPY },
  ];

/** Names the format of a file that is not accepted, with advice; undefined for all other files. */
export function describeOtherFormat(body: Uint8Array): string | undefined {
  const head = firstBytes(body);
  const found = OTHER_FORMATS.find(({ offset, bytes }) => head.startsWith(bytes, offset));
  return found && `the body is ${found.format}, which is not read; ${found.advice}`;
}

/** Detects the media type of a file from its first bytes; undefined if unknown. */
export function sniffMediaType(body: Uint8Array): string | undefined {
  const head = firstBytes(body);
  return SIGNATURES.find(({ offset, bytes }) => head.startsWith(bytes, offset))?.type;
}

/** Normalises a media type, such as `Image/PNG; charset=x` to `image/png` and `image/jpg` to `image/jpeg`. */
export function mediaTypeEssence(contentType: string | undefined): string | undefined {
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase() || undefined;
  return essence && (ALIASES[essence] ?? essence);
}

function firstBytes(body: Uint8Array): string {
  return Buffer.from(body.subarray(0, 16)).toString('latin1');
}

export function isImageType(type: string): boolean {
  return ['image/png', 'image/jpeg', 'image/webp', 'image/tiff'].includes(type);
}
