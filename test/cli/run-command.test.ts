import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/run-command.js';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** The output and the exit code of a program whose work ends in this way. */
async function endOf(error: unknown) {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  await runCommand(
    new Command('work').action(() => Promise.reject(error)),
    [],
  );
  return { said: said.mock.calls.flat(), code: process.exitCode };
}

test.each([
  ['ENOSPC', /; its disk is full: make room/],
  ['EACCES', /; change the permissions of that place, or choose another$/],
  ['EROFS', /; that place can only be read: choose another$/],
  ['ENOTDIR', /; a part of that path is a file, not a folder/],
])(
  'an error of the operating system, %s, becomes one line that says what to do',
  async (code, advice) => {
    const rejection = Object.assign(new Error(`${code}: no, mkdir '/x'`), { code });
    const { said, code: exit } = await endOf(rejection);
    expect(exit).toBe(2);
    expect(said).toEqual([expect.stringMatching(advice)]);
    expect(said[0]).toContain(`error: ${code}: no, mkdir '/x'`);
  },
);

test('a bug is rethrown as it is', async () => {
  await expect(endOf(new TypeError('x is undefined'))).rejects.toThrow('x is undefined');
  await expect(endOf(undefined)).rejects.toBeUndefined();
});
