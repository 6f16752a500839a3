import { z } from 'zod';

export const DataDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256: 64 hexadecimal digits in lower case');

/** The most files of one recording; larger folders are sent as one zip file. */
const MAX_FILES = 64;

/** Bytes of the longest name of a file that the usual file systems take. */
const MAX_NAME_BYTES = 255;

/** A name without a folder, so that no file leaves the folder of its recording, and no two are the same on the disk. */
const FileName = z
  .string()
  .min(1)
  .max(200)
  // No pattern of the schema: generators of other languages do not know these classes.
  .refine(
    (name) => /^[^/\\\p{Cc}\p{Cs}]*$/u.test(name),
    'must be without /, \\ and control characters',
  )
  .refine((name) => !name.startsWith('.'), 'must not begin with a dot')
  .refine((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES, 'must take at most 255 bytes');

/** A file of a recording, as a client announces it. */
export const RecordingFile = z.strictObject({
  name: FileName,
  bytes: z.int().positive(),
  sha256: DataDigest,
});
export type RecordingFile = z.infer<typeof RecordingFile>;

/** The files of a recording, before any of their bytes are sent. */
export const NewRecording = z.strictObject({
  files: z
    .array(RecordingFile)
    .min(1)
    .max(MAX_FILES)
    .refine(
      (files) => new Set(files.map(({ name }) => name)).size === files.length,
      'must have a name of its own for each file',
    ),
});
export type NewRecording = z.infer<typeof NewRecording>;

/** A recording that is stored, as far as its bytes have come. */
export const StoredRecording = z.strictObject({
  digest: DataDigest,
  created: z.iso.datetime(),
  bytes: z.int().describe('of all files'),
  files: z.array(
    RecordingFile.extend({ received: z.int().describe('bytes from its start that are stored') }),
  ),
  complete: z.boolean().describe('whether all bytes of all files are stored'),
});
export type StoredRecording = z.infer<typeof StoredRecording>;

/** The text whose SHA-256 is the digest of a recording: what `sha256sum` prints of its files, by their names. */
export function describeFiles(files: readonly RecordingFile[]): string {
  const byName = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return byName.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}
