import { expect, test } from 'vitest';
import { runProgram } from '../../../training/cluster/slurm/run-program.js';

test('a program is run to its end', async () => {
  const run = (script: string) => runProgram('sh', ['-c', script]);
  expect(await run('echo a; echo b >&2; exit 3')).toEqual({
    code: 3,
    stdout: 'a\n',
    stderr: 'b\n',
  });
  expect(await run('true')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await run('kill -9 $$')).toMatchObject({ code: 'SIGKILL' });
  expect(await runProgram('/there/is/none', [])).toMatchObject({ code: 'ENOENT' });
});
