import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findKey, parseKeys, secretDigest } from '../../../src/server/middleware/api-keys.js';

const DIGEST = secretDigest('one');
const line = (more: object = {}) =>
  JSON.stringify({ name: 'rig-1', sha256: DIGEST, scopes: ['predict'], ...more });

/** The message for a file with these lines; `|` marks the line breaks. */
function rejection(...lines: string[]): string {
  try {
    parseKeys(lines.join('\n'));
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

test('a digest is SHA-256 in hex', () => {
  // FIPS 180-2, appendix B.1
  expect(secretDigest('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('each line has one key, and empty lines and comments are skipped', () => {
  const other = line({ name: 'ops', sha256: '0'.repeat(64), scopes: ['admin'], perSecond: 2.5 });
  expect(parseKeys(`# rigs\n\n${line()}\r\n  \n${other}`)).toEqual([
    { name: 'rig-1', sha256: DIGEST, scopes: ['predict'] },
    { name: 'ops', sha256: '0'.repeat(64), scopes: ['admin'], perSecond: 2.5 },
  ]);
  expect(parseKeys('')).toEqual([]);
});

test('an invalid line is reported with its number and the reason', () => {
  const is = (...lines: string[]) => expect(rejection(...lines));
  is('', 'rig-1 predict').toMatchInlineSnapshot(
    `"InputError: line 2: is not a JSON object, such as npm run make-key prints"`,
  );
  is(line(), '[]').toMatchInlineSnapshot(`"InputError: line 2: is wrong; expected an object"`);
  is(line({ name: 'rig 1' })).toMatchInlineSnapshot(
    `"InputError: line 1.name: must be 1 to 64 letters, digits, dots, - or _"`,
  );
  is(line({ sha256: DIGEST.slice(1) })).toMatchInlineSnapshot(
    `"InputError: line 1.sha256: must be the 64 hex digits that make-key prints"`,
  );
  is(line({ scopes: ['predict', 'root'] })).toMatchInlineSnapshot(
    `"InputError: line 1.scopes[1]: must be one of predict, admin, metrics, train"`,
  );
  is(line({ scopes: [] })).toMatchInlineSnapshot(
    `"InputError: line 1.scopes: must name at least one scope"`,
  );
  is(line({ scopes: 'predict' })).toMatchInlineSnapshot(
    `"InputError: line 1.scopes: must be a list of predict, admin, metrics, train"`,
  );
  is(line({ perSecond: 0 })).toMatchInlineSnapshot(
    `"InputError: line 1.perSecond: is wrong; expected at least 0.001"`,
  );
  is(line({ persecond: 3 })).toMatchInlineSnapshot(
    `"InputError: line 1: unknown key: "persecond"; did you mean "perSecond"? There are name, sha256, scopes, perSecond"`,
  );
  is(line(), line({ sha256: '0'.repeat(64) })).toMatchInlineSnapshot(
    `"InputError: line 2: its name is on an earlier line as well"`,
  );
  is(line(), line({ name: 'rig-2' })).toMatchInlineSnapshot(
    `"InputError: line 2: its sha256 is on an earlier line as well"`,
  );
});

test('the content of an invalid line is not reported, since it may be a secret', () => {
  const secret = 'hc_a-secret';
  for (const bad of [
    secret,
    `{"name": "${secret}`,
    line({ sha256: secret }),
    line({ scopes: [secret] }),
    line({ perSecond: secret }),
  ]) {
    expect(rejection(bad)).toMatch(/^InputError: line 1/);
    expect(rejection(bad)).not.toContain(secret);
  }
});

test('a key is found by its secret alone, in any position', () => {
  const secrets = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(secrets, ([unknown, ...known]) => {
      const keys = known.map((secret, i) => ({
        name: `key-${i}`,
        sha256: secretDigest(secret),
        scopes: ['predict' as const],
      }));
      for (const [i, secret] of known.entries()) expect(findKey(keys, secret)).toBe(keys[i]);
      expect(findKey(keys, unknown!)).toBeUndefined();
      // The stored digest is not accepted as a key.
      expect(findKey(keys, keys[0]!.sha256)).toBeUndefined();
    }),
  );
  expect(findKey([], randomBytes(32).toString('hex'))).toBeUndefined();
});
