import { existsSync, readFileSync, rmSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  BUNDLED,
  BUNDLED_SERVICE,
  COMPILED,
  KERNELS,
  useFakeCheckout,
  wanted,
} from '../support/fake-checkout.js';

const {
  inside,
  lockfile,
  write,
  dated,
  npmDoes,
  compilerDoes,
  bundlerDoes,
  guideDoes,
  prepare,
  prepareWith,
} = useFakeCheckout();

test('a fitting install stays as it is, and compilation prints nothing to stdout', () => {
  const stderr =
    `1/3 compiling ... N s\n${COMPILED}2/3 bundling the service ... N s\n${BUNDLED_SERVICE}` +
    `3/3 bundling the page ... N s\n${BUNDLED}`;
  expect(prepare()).toEqual({ status: 0, stdout: '', stderr, npm: null });
});

test('nothing is printed when there is nothing to do', () => {
  compilerDoes('');
  write('dist/.unchecked.tsbuildinfo', '');
  write('dist/page/index.html', '');
  write('dist/bundled/serve.js', '');
  for (const file of [
    'package-lock.json',
    'src',
    'deploy/prepare.mjs',
    'deploy/bundle.mjs',
    'deploy',
  ])
    dated(file, 100);
  expect(prepare()).toEqual({ status: 0, stdout: '', stderr: '', npm: null });
});

test('a check compiles everything with types, and later builds reuse its record', () => {
  write('dist/.unchecked.tsbuildinfo', '');
  const { stderr } = prepareWith(['--check']);
  expect(stderr).toContain('... N s\ncompiled\ncompiled -p src/web\ncompiled -p deploy/guide\n');
  expect(existsSync(inside('dist/.unchecked.tsbuildinfo'))).toBe(false);
  write('dist/.tsbuildinfo', '');
  expect(prepare().stderr).toContain('compiled\n');
  expect(prepare().stderr).not.toContain('unchecked');
});

test('an install keeps no TensorFlow source maps and no native code of other platforms', () => {
  write('node_modules/.package-lock.json', lockfile({}));
  const { platform, arch } = process;
  const own = `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}/binding.node`;
  const gone = [
    `node_modules/onnxruntime-node/bin/napi-v6/${platform}/other/binding.node`,
    `node_modules/onnxruntime-node/bin/napi-v6/other/${arch}/binding.node`,
    'node_modules/@tensorflow/tfjs/dist/tf.node.js.map',
  ];
  const kept = [own, 'node_modules/@tensorflow/tfjs/dist/tf.node.js'];
  for (const file of [...gone, ...kept]) write(file, '');
  expect(prepare().status).toBe(0);
  const there = (file: string) => existsSync(inside(file));
  expect(gone.filter(there)).toEqual([]);
  expect(kept.filter(there)).toEqual(kept);
});

test('the page is bundled again only when one of its files is newer', () => {
  write('src/web/main.tsx', '');
  write('dist/page/index.html', '');
  dated('package-lock.json', 100);
  dated('src/web/main.tsx', 200);
  dated('src/web', 200);
  dated('src', 200);
  dated('dist/page/index.html', 300);
  expect(prepare().stderr).not.toContain(BUNDLED);
  dated('src/web/main.tsx', 400);
  expect(prepare().stderr).toContain(BUNDLED);
});

test('the service is bundled again only when one of its files is newer', () => {
  write('dist/bundled/serve.js', '');
  for (const file of ['package-lock.json', 'src', 'deploy/bundle.mjs']) dated(file, 100);
  expect(prepare().stderr).not.toContain(BUNDLED_SERVICE);
  write('src/serve.ts', '');
  dated('dist/bundled/serve.js', 200);
  expect(prepare().stderr).toContain(`bundling the service ... N s\n${BUNDLED_SERVICE}`);
});

test('the kernels are compiled when a file of them is newer, also where there was no compiler', () => {
  write('deploy/compile-kernels.mjs', "console.error('kernels into', process.argv[2])");
  const compiling = `compiling the kernels ... N s\nkernels into ${inside('dist')}\n`;
  expect(prepare().stderr).toContain(compiling);
  for (const name of KERNELS) {
    rmSync(inside(`${name}.absent`));
    write(`${name}.node`, '');
  }
  expect(prepare().stderr).not.toContain('kernels');
  for (const name of KERNELS) {
    const source = name.includes('training')
      ? 'training/kernels/c/norm.h'
      : 'src/inference/kernels/c/pack.h';
    write(source, '');
    dated(`${name}.node`, 100);
    expect(prepare().stderr).toContain(compiling);
    dated(`${name}.node`, Date.now() / 1000 + 100);
  }
});

test('the kernels are compiled when there is a compiler at last', () => {
  write('deploy/compile-kernels.mjs', "console.error('kernels')");
  for (const file of ['deploy/compile-kernels.mjs', 'deploy']) dated(file, 100);
  const noCompiler =
    'there is no C compiler; install gcc 11 or clang 12 or newer, then npm run build';
  for (const name of KERNELS) write(`${name}.absent`, `${noCompiler}\n`);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('PATH', '');
  vi.stubEnv('CC', '');
  expect(prepare().stderr).not.toContain('kernels');
  vi.stubEnv('CC', process.execPath);
  expect(prepare().stderr).toContain('compiling the kernels ... N s\nkernels\n');
  for (const name of KERNELS) write(`${name}.absent`, 'the compiler fails');
  expect(prepare().stderr).not.toContain('kernels');
});

test('the guide is built with the development packages alone, when one of its files is newer', () => {
  write('docs/jobs.md', '');
  const scripts = ['prepare.mjs', 'c-compiler.mjs', 'bundle.mjs', ''].map(
    (name) => `deploy/${name}`,
  );
  const files = ['package-lock.json', 'src', ...scripts, 'docs/jobs.md', 'docs'];
  for (const file of files) dated(file, 200);
  expect(prepare().stderr).not.toContain('guide');
  const everything = () => prepareWith(['--everything']).stderr;
  expect(everything()).toContain('4/4 building the guide ... N s\nbuilt the guide\n');
  write('dist/.guide-digest', '');
  dated('dist/.guide-digest', 300);
  expect(everything()).not.toContain('guide');
  dated('docs/jobs.md', 400);
  expect(everything()).toContain('built the guide');
});

test('a page or a guide that cannot be built ends the build with the exit code of its program', () => {
  guideDoes('process.exit(4)');
  expect(prepareWith(['--check']).status).toBe(4);
  bundlerDoes('process.exit(3)');
  expect(prepare().status).toBe(3);
});

test.each([
  [
    'another version',
    { 'node_modules/a': { version: '1.0.1' } },
    'node_modules/a is 1.0.1, not 1.0.0',
  ],
  ['a package missing', {}, 'node_modules/a is missing'],
])('an install with %s is replaced', (_, installed, reason) => {
  write('node_modules/.package-lock.json', lockfile(installed));
  const { status, stdout, stderr, npm } = prepare();
  const npmSays = 'ci --omit=dev --loglevel=error';
  expect({ status, stdout, npm }).toEqual({ status: 0, stdout: '', npm: npmSays });
  expect(stderr).toContain(`npm ci --omit=dev, because ${reason}\n`);
});

test('a package whose folder was deleted is installed again', () => {
  rmSync(inside('node_modules', 'a'), { recursive: true });
  expect(prepare().stderr).toContain('because node_modules/a is missing\n');
});

test('a checkout without an install is installed', () => {
  rmSync(inside('node_modules', '.package-lock.json'));
  expect(prepare()).toMatchObject({ status: 0, npm: 'ci --omit=dev --loglevel=error' });
});

test('a checkout that was built with a check keeps its development packages', () => {
  rmSync(inside('node_modules', '.package-lock.json'));
  write('dist/.tsbuildinfo', '');
  expect(prepare()).toMatchObject({ status: 0, npm: 'ci --loglevel=error' });
});

test.each([['--check'], ['--everything']])('%s installs the development packages too', (word) => {
  rmSync(inside('node_modules', '.package-lock.json'));
  expect(prepareWith([word])).toMatchObject({ status: 0, npm: 'ci --loglevel=error' });
});

test('development packages are added to an install without them and removed from none', () => {
  const everything = { ...wanted, 'node_modules/d': { version: '3.0.0', dev: true } };
  write('package-lock.json', lockfile(everything));
  expect(prepare().npm).toBeNull();
  expect(prepareWith(['--everything'])).toMatchObject({
    status: 0,
    npm: 'install --no-save --loglevel=error',
  });
  rmSync(inside('npm-ran'));
  write('node_modules/.package-lock.json', lockfile(everything));
  write('node_modules/d/package.json', '{}');
  expect(prepareWith(['--everything']).npm).toBeNull();
  expect(prepare().npm).toBeNull();
});

test('an optional package may be missing but must not have another version', () => {
  const optional = { 'node_modules/b': { version: '2.0.0', optional: true } };
  write('package-lock.json', lockfile({ ...wanted, ...optional }));
  expect(prepare().npm).toBeNull();
  write(
    'node_modules/.package-lock.json',
    lockfile({ ...wanted, 'node_modules/b': { version: '2.0.1' } }),
  );
  expect(prepare().npm).toBe('ci --omit=dev --loglevel=error');
});

test('a package for other platforms that is shared by tools and programs may be missing', () => {
  const shared = { 'node_modules/b': { version: '2.0.0', devOptional: true } };
  write('package-lock.json', lockfile({ ...wanted, ...shared }));
  expect(prepare().npm).toBeNull();
});

test('packages come from the npm cache without asking the registry for their versions', () => {
  const file = new URL('../../package-lock.json', import.meta.url);
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { resolved?: string; integrity?: string }>;
  };
  const incomplete = Object.entries(packages)
    .filter(([path, { resolved, integrity }]) => path !== '' && !(resolved && integrity))
    .map(([path]) => path);
  expect(incomplete).toEqual([]);
});

test('a failing install ends with a line that says what to do', () => {
  write('node_modules/.package-lock.json', lockfile({}));
  npmDoes('process.exit(7)');
  const { status, stderr } = prepare();
  expect(status).toBe(7);
  expect(stderr).toContain('npm ci --offline');
  expect(stderr).not.toContain('compiled');
  expect(stderr).toContain('1/4 installing packages ... N s\n');
});

test('an install that removes native TensorFlow says how to restore it', () => {
  write('node_modules/.package-lock.json', lockfile({}));
  write('node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node', '');
  expect(prepare().stderr).not.toContain('setup:tensorflow');
  npmDoes("fs.rmSync('node_modules/@tensorflow', { recursive: true });");
  expect(prepare().stderr).toContain('npm run setup:tensorflow');
});

test.each([
  [
    '20.18.3',
    1,
    'Node 20.18.3 cannot run Hypercolumn: expected ^20.19 || >=22.12. Install Node 24',
  ],
  ['20.19.0', 0, ''],
  ['21.7.3', 1, 'expected ^20.19 || >=22.12'],
  ['22.11.0', 1, 'expected ^20.19 || >=22.12'],
  ['22.12.0', 0, ''],
  ['24.0.0', 0, ''],
  ['26.12.1', 0, ''],
])('on Node %s the command ends with exit code %i', (version, expected, advice) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
  const { status, stderr } = prepare(
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
  );
  expect(status).toBe(expected);
  expect(stderr).toContain(advice);
});

test('a compile error ends the build with the exit code of the compiler', () => {
  compilerDoes('process.exit(2)');
  expect(prepare().status).toBe(2);
});

test('the output of a deleted source is removed, and other files stay', () => {
  write('src/kept.ts', '');
  for (const file of [
    'src/kept.js',
    'src/kept.js.map',
    'src/gone.js',
    'src/gone.js.map',
    'src/web.js',
  ]) {
    write(`dist/${file}`, '');
  }
  prepare();
  const left = (file: string) => existsSync(inside('dist', file));
  expect(left('src/kept.js') && left('src/kept.js.map') && left('src/web.js')).toBe(true);
  expect(left('src/gone.js') || left('src/gone.js.map')).toBe(false);
});
