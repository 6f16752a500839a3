import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InputError } from '../../errors.js';
import { parseAs } from '../../formats/json.js';

/**
 * What a key permits: requests to models; loading, unloading and deleting; reading the metrics; recordings, datasets
 * and training.
 */
export const SCOPES = ['predict', 'admin', 'metrics', 'train'] as const;
export type Scope = (typeof SCOPES)[number];

/** One key, as its line in the keys file has it. */
export const ApiKey = z.strictObject({
  /** Who holds the key; the log names it. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, - or _'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits that make-key prints'),
  scopes: z
    .array(
      z.enum(SCOPES, { error: () => `must be one of ${SCOPES.join(', ')}` }),
      `must be a list of ${SCOPES.join(', ')}`,
    )
    .min(1, 'must name at least one scope'),
  /** Requests per second; a burst may have as many as one second permits. */
  perSecond: z.number().min(0.001).max(1_000_000).optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/**
 * Reads the keys of a file: a JSON object on each line; empty lines and lines that begin with # are
 * passed over.
 * @throws InputError with the line and what is wrong there, never with its content: it may be a
 *   secret
 */
export function parseKeys(text: string): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const where = `line ${i + 1}`;
    const key = parseAs(ApiKey, parseLine(line, where), where, { isSecret: true });
    for (const field of ['name', 'sha256'] as const) {
      if (keys.some((earlier) => earlier[field] === key[field])) {
        throw new InputError(`${where}: its ${field} is on an earlier line as well`);
      }
    }
    keys.push(key);
  }
  return keys;
}

/** Finds the key with this secret. Every key is compared, so that timing reveals nothing. */
export function findKey(keys: readonly ApiKey[], secret: string): ApiKey | undefined {
  const presented = Buffer.from(secretDigest(secret), 'hex');
  let found: ApiKey | undefined;
  for (const key of keys) {
    if (timingSafeEqual(Buffer.from(key.sha256, 'hex'), presented)) found = key;
  }
  return found;
}

/** The digest of a secret that is stored; a plain hash, since nobody can guess 256 random bits. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new InputError(`${where}: is not a JSON object, such as npm run make-key prints`);
  }
}
