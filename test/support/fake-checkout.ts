import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';

const script = fileURLToPath(new URL('../../deploy/prepare.mjs', import.meta.url));
export const COMPILED = 'compiled -p deploy/unchecked.tsconfig.json\n';
export const BUNDLED = 'bundled build src/web --config deploy/page/vite.config.ts\n';
export const BUNDLED_SERVICE = 'bundled the service\n';
/** The compiled kernels, without the end of their name. */
export const KERNELS = ['src/inference/kernels/kernels', 'training/kernels/blocks'].map(
  (name) => `dist/${name}-${process.platform}-${process.arch}`,
);
/** What the lock file asks for. */
export const wanted = { '': {}, 'node_modules/a': { version: '1.0.0' } };

/** A checkout with a fake npm, compiler and bundler for each test, which `deploy/prepare.mjs` prepares. */
export function useFakeCheckout() {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'prepare-'));
    mkdirSync(join(root, 'deploy'));
    for (const name of ['prepare.mjs', 'c-compiler.mjs'])
      cpSync(join(dirname(script), name), join(root, 'deploy', name));
    cpSync(join(dirname(script), '..', 'package.json'), join(root, 'package.json'));
    write('package-lock.json', lockfile(wanted));
    write('node_modules/.package-lock.json', lockfile(wanted));
    write('node_modules/a/package.json', '{}');
    compilerDoes("console.log('compiled', ...process.argv.slice(2))");
    bundlerDoes("console.log('bundled', ...process.argv.slice(2))");
    write('deploy/bundle.mjs', "console.log('bundled the service')");
    guideDoes("console.error('built the guide')");
    npmDoes('');
    for (const name of KERNELS) write(`${name}.absent`, 'the compiler fails');
    mkdirSync(join(root, 'src'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function lockfile(packages: object): string {
    return JSON.stringify({ packages });
  }

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }

  function dated(file: string, seconds: number): void {
    utimesSync(join(root, file), seconds, seconds);
  }

  /** The fake npm writes its arguments to `npm-ran`. */
  function npmDoes(code: string): void {
    write(
      'npm.mjs',
      `import fs from 'node:fs'; fs.writeFileSync('npm-ran', process.argv.slice(2).join(' ')); ${code}`,
    );
  }

  function compilerDoes(code: string): void {
    write('node_modules/typescript/package.json', '{"type": "module"}');
    write('node_modules/typescript/bin/tsc', code);
  }

  function bundlerDoes(code: string): void {
    write('node_modules/vite/package.json', '{"type": "module"}');
    write('node_modules/vite/bin/vite.js', code);
  }

  function guideDoes(code: string): void {
    write('dist/deploy/guide/build-guide.js', code);
  }

  function prepare(...nodeArguments: string[]) {
    return prepareWith([], ...nodeArguments);
  }

  /** @returns the result of the run, with times written as `N s` */
  function prepareWith(
    args: readonly string[],
    ...nodeArguments: string[]
  ): {
    status: number | null;
    stdout: string;
    stderr: string;
    npm: string | null;
  } {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...nodeArguments, join(root, 'deploy', 'prepare.mjs'), ...args],
      { encoding: 'utf8', env: { ...process.env, npm_execpath: join(root, 'npm.mjs') } },
    );
    const ran = join(root, 'npm-ran');
    return {
      status,
      stdout,
      stderr: stderr.replaceAll(/\d+\.\d s$/gm, 'N s'),
      npm: existsSync(ran) ? readFileSync(ran, 'utf8') : null,
    };
  }

  return {
    inside: (...names: readonly string[]) => join(root, ...names),
    ...{ lockfile, write, dated, npmDoes, compilerDoes, bundlerDoes, guideDoes },
    ...{ prepare, prepareWith },
  };
}
