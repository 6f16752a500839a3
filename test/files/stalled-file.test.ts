import { expect, test } from 'vitest';
import { readOpened } from '../../src/files/whole-file.js';

/** A file on a network disk that is away. */
function hangingFile(hangs: 'stat' | 'read') {
  const forEver = new Promise<never>(() => {});
  return {
    stat: async () => (hangs === 'stat' ? await forEver : { size: 4 }),
    read: () => forEver,
  } as unknown as Parameters<typeof readOpened>[0];
}

test.each(['stat', 'read'] as const)('a file whose %s hangs is given up', async (hangs) => {
  await expect(readOpened(hangingFile(hangs), 'card.json', 10, 20)).rejects.toThrow(
    'card.json cannot be read: no bytes for 0.02 s',
  );
});
