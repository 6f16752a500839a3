import { type ApiKey, findKey, secretDigest } from '../../src/server/middleware/api-keys.js';
import type { KeyRing } from '../../src/server/middleware/key-ring.js';

/** A ring of keys whose secrets are `secret-<name>`. */
export function keyRingOf(keys: readonly Omit<ApiKey, 'sha256'>[]): KeyRing {
  const known = keys.map((key) => ({ ...key, sha256: secretDigest(`secret-${key.name}`) }));
  return { find: (secret) => findKey(known, secret), reload: () => {} };
}

/** The header with the key of this name. */
export function bearer(name: string): { Authorization: string } {
  return { Authorization: `Bearer secret-${name}` };
}
