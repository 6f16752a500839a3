import { afterEach, expect, test, vi } from 'vitest';
import { createMakeKeyCommand } from '../../deploy/keys/make-key-command.js';
import { findKey, parseKeys } from '../../src/server/middleware/api-keys.js';

afterEach(() => vi.restoreAllMocks());

/** The text on stdout and on stderr. */
async function makeKey(...args: string[]) {
  const out = vi.spyOn(console, 'log').mockReturnValue();
  const err = vi.spyOn(console, 'error').mockReturnValue();
  await createMakeKeyCommand().parseAsync(args, { from: 'user' });
  return { out: out.mock.lastCall?.join(' ') ?? '', err: err.mock.lastCall?.join(' ') ?? '' };
}

test('the key on stderr matches the digest on stdout, which does not reveal the key', async () => {
  const { out, err } = await makeKey(
    ...['--name', 'rig-1', '--scopes', 'predict,admin', '--per-second', '20'],
  );
  const secret = /^hc_[\w-]{43}$/m.exec(err)![0];
  expect(out).not.toContain(secret);
  const key = findKey(parseKeys(out), secret);
  expect(key).toMatchObject({ name: 'rig-1', scopes: ['predict', 'admin'], perSecond: 20 });
  const other = await makeKey('--name', 'rig-1');
  expect(other.err).not.toContain(secret);
  expect(parseKeys(other.out)).toMatchObject([{ scopes: ['predict'] }]);
});

test('a key that the service would reject is not made', async () => {
  const is = (...args: string[]) => expect(makeKey(...args)).rejects;
  await is('--name', 'rig 1').toThrow('name: must be 1 to 64 letters');
  await is('--name', 'a', '--scopes', 'root').toThrow(
    'unknown scope: root; expected predict, admin, metrics or train',
  );
  await is('--name', 'a', '--per-second', 'many').toThrow('--per-second is no number: many');
  await is('--name', 'a', '--per-second', '0').toThrow('perSecond: ');
});
