import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { openAccess } from '../../../src/server/middleware/access.js';
import { secretDigest } from '../../../src/server/middleware/api-keys.js';
import { openKeyRing } from '../../../src/server/middleware/key-ring.js';
import { temporaryFolder } from '../../support/store.js';

let folder = '';
let file = '';
let log: { level: number; msg: string; reason?: string }[] = [];
const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });

beforeEach(async () => {
  folder = await temporaryFolder();
  file = path.join(folder, 'keys');
  log = [];
});

const line = (secret: string) =>
  `${JSON.stringify({ name: secret, sha256: secretDigest(secret), scopes: ['predict'] })}\n`;

/** Writes the file with exactly this mode. */
async function keysFile(text: string, mode = 0o600): Promise<void> {
  await writeFile(file, text);
  await chmod(file, mode);
}

test('a file that is read again applies immediately, and an invalid one leaves the keys unchanged', async () => {
  await keysFile(line('one'));
  const ring = openKeyRing(file, logger);
  const known = () => ['one', 'two'].filter((secret) => ring.find(secret)?.name === secret);
  expect(known()).toEqual(['one']);
  await keysFile(line('two'));
  expect(known()).toEqual(['one']);
  ring.reload();
  expect(known()).toEqual(['two']);
  await keysFile(`${line('one')}{`);
  ring.reload();
  expect(known()).toEqual(['two']);
  expect(log.at(-1)?.reason).toMatch(/, line 2: is not a JSON object/);
  await rm(file);
  ring.reload();
  expect(known()).toEqual(['two']);
  expect(log.at(-1)?.reason).toMatch(/cannot be read \(ENOENT\)/);
});

test('a file that anyone can write is rejected, and one that anyone can read gives a warning', async () => {
  await keysFile(line('one'), 0o602);
  expect(() => openKeyRing(file, logger)).toThrow(
    `API_KEYS_FILE="${file}" can be written by anyone, who could add a key of their own: chmod o-w it`,
  );
  await keysFile(line('one'), 0o604);
  expect(openKeyRing(file, logger).find('one')).toBeDefined();
  expect(log.map(({ level, msg }) => [level, msg])).toEqual([
    [40, `API_KEYS_FILE="${file}" can be read by anyone: chmod o-r it`],
  ]);
  await keysFile(line('one'), 0o660);
  openKeyRing(file, logger);
  expect(log).toHaveLength(1);
});

test('an empty file locks every client out and logs it', async () => {
  await keysFile('');
  expect(openKeyRing(file, logger).find('one')).toBeUndefined();
  expect(log.map(({ msg }) => msg)).toEqual([
    `API_KEYS_FILE="${file}" holds no key: every request is rejected`,
  ]);
});

test('the network is served only with keys or where anonymous access is allowed', async () => {
  await keysFile(line('one'));
  const open = (host: string, keysFile: string, allowAnonymous: boolean, streamHost?: string) => {
    const more = { streamHost, maxConcurrent: 1, origins: [] };
    return openAccess({ host, keysFile, allowAnonymous, ...more }, logger);
  };
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1']) {
    expect(open(host, '', false)).toMatchObject({ keys: undefined, localOnly: true });
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.1.5',
    'rig.lab',
    '127.0.0.1.lab',
    'localhost.lab',
  ]) {
    expect(() => open(host, '', false)).toThrow(`HOST=${host} accepts requests from the network`);
    expect(open(host, '', true)).toMatchObject({ keys: undefined, localOnly: false });
    expect(open(host, file, false)).toMatchObject({ localOnly: false });
    expect(() => open('127.0.0.1', '', false, host)).toThrow(
      `STREAM_HOST=${host} accepts streams from the network`,
    );
    expect(open('127.0.0.1', file, false, host)).toMatchObject({ localOnly: false });
  }
  expect(open('127.0.0.1', '', false, '127.0.0.1')).toMatchObject({ localOnly: true });
  expect(open('127.0.0.1', file, false).keys?.find('one')).toBeDefined();
  expect(open('127.0.0.1', file, false).localOnly).toBe(false);
  expect(open('127.0.0.1', '', true).localOnly).toBe(false);
  expect(() => open('127.0.0.1', file, true)).toThrow('exclude each other');
  expect(() => open('0.0.0.0', `${file}x`, false)).toThrow(/cannot be read \(ENOENT\)/);
});
