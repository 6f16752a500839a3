import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { COMMANDS } from '../../src/cli/commands.js';
import { SETTINGS } from '../../src/config.js';
import { JOB_EXPERIMENTS } from '../../src/experiments/job-experiments.js';

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));
const NAMES = [
  ...Object.values(COMMANDS).flat(),
  ...JOB_EXPERIMENTS.map(({ kind: name }) => ({ name })),
].map(({ name }) => name);

function hypercolumn(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env: {} });
}

test('--help lists each command once with its description', () => {
  const { status, stdout } = hypercolumn('--help');
  expect(status).toBe(0);
  for (const name of NAMES) {
    expect(stdout.match(new RegExp(`^  ${name}( [[<]\\w+[\\]>])*\\s+\\S`, 'gm'))).toHaveLength(1);
  }
});

test.each(NAMES)('%s --help prints the usage and needs nothing else', (name) => {
  const { status, stdout, stderr } = hypercolumn(name, '--help');
  expect(stderr).toBe('');
  expect(stdout).toMatch(new RegExp(`^Usage: hypercolumn ${name} `));
  expect(status).toBe(0);
});

test('--version prints the version of the package', () => {
  expect(hypercolumn('--version').stdout).toBe(`${packageFile.version}\n`);
});

test('a misspelt command or option ends with exit code 2 and suggests the right one', () => {
  const command = hypercolumn('trian');
  expect(command.stderr).toContain("error: unknown command 'trian'\n(Did you mean train?)");
  expect(command.status).toBe(2);
  const option = hypercolumn('serve', '--prot', '8081');
  expect(option.stderr).toContain("error: unknown option '--prot'\n(Did you mean --port?)");
  const needed = hypercolumn('train', '--data', 'data', '--recpie=rf_cnn', '--out', 'x');
  expect(needed.stderr).toContain("error: unknown option '--recpie'\n(Did you mean --recipe?)");
  expect(option.status).toBe(2);
});

test.each([
  [['charactrize', '--help'], "unknown command 'charactrize'\n(Did you mean characterize?)"],
  [['help', 'charactrize'], "unknown command 'charactrize'\n(Did you mean characterize?)"],
  [
    ['tune', 'parametrc', '--model', 'x'],
    "unknown command 'tune parametrc'\n(Did you mean parametric?)",
  ],
  [
    ['characterize', '--neurons', '--out', 'x.csv'],
    "option '--neurons <ids>' has no value: --out follows",
  ],
])('%j is rejected with exit code 2', (words, message) => {
  const { status, stderr, stdout } = hypercolumn(...words);
  expect(stderr).toContain(`error: ${message}\n`);
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('each setting is an option of serve or of worker that overrides its variable', () => {
  const help = hypercolumn('serve', '--help').stdout;
  const workerHelp = hypercolumn('worker', '--help').stdout;
  for (const variable of Object.keys(SETTINGS)) {
    const where = variable === 'JOB_KINDS' ? workerHelp : help;
    expect(where).toContain(`--${variable.toLowerCase().replaceAll('_', '-')} <value>`);
  }
  expect(workerHelp).toContain('--otel-exporter-otlp-endpoint <value>');
  expect(workerHelp).not.toContain('this service');
  const bad = spawnSync(process.execPath, [PROGRAM, 'serve', '--port', '80a'], {
    encoding: 'utf8',
    env: { PORT: '0' },
  });
  expect(bad.stderr).toMatch(
    /^error: option '--port <value>' argument '80a' is invalid. It takes a whole number/,
  );
  expect(bad.status).toBe(2);
});

test.each(['bash', 'zsh', 'fish'])('completion for %s is a valid script of that shell', (shell) => {
  const { status, stdout } = hypercolumn('complete', shell);
  expect(status).toBe(0);
  expect(stdout).toContain(`# ${shell} completion for hypercolumn`);
});

test('commands, options and the choices of an option are completed', () => {
  const complete = (...args: string[]) => hypercolumn('complete', '--', ...args).stdout;
  expect(complete('tr')).toMatch(/^train\t/m);
  expect(complete('train', '--ep')).toMatch(/^--epochs\t/m);
  expect(complete('train', '--loss', '')).toMatch(/^mse/m);
});
