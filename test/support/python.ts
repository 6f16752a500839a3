import { spawnSync } from 'node:child_process';

/**
 * Runs a Python script to its end; it leaves no compiled modules in the folder.
 * @throws Error with what the script wrote to stderr
 */
export function runPython(python: string, script: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, ['-B', script, ...words], {
    encoding: 'utf8',
  });
  if (status === 0) return stdout;
  throw new Error(`${script} failed: ${stderr}`);
}
