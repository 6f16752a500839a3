// Prepares a checkout: checks Node's version, installs node_modules as in package-lock.json, compiles dist
// from the sources. It is plain JavaScript, because it runs before anything is installed or compiled. It prints
// nothing without work to do, and never writes to stdout, which belongs to the program.
//   --everything  also installs the development packages, and builds the guide with them
//   --check       the same, and checks the types of all sources, tests and page included
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, MODULES, NO_COMPILER } from './c-compiler.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');

const TSC = 'typescript/bin/tsc';
const CHECKS = [[TSC], [TSC, '-p', 'src/web'], [TSC, '-p', 'deploy/guide']];
const BUNDLE = ['vite/bin/vite.js', 'build', 'src/web', '--config', 'deploy/page/vite.config.ts'];
const SERVICE_SOURCES = ['src', 'deploy/bundle.mjs', 'package-lock.json'];
const PAGE_SOURCES = ['src', 'deploy/page', 'package-lock.json'];
const GUIDE_SOURCES = ['src', 'deploy', 'docs', 'README.md', 'CHANGELOG.md', 'package-lock.json'];
const KERNEL_SOURCES = [
  ...MODULES.map(({ folder }) => `${folder}/c`),
  'deploy/compile-kernels.mjs',
];
/** Processes of the running steps. */
const running = new Set();
const SOURCES = [
  'src',
  'training',
  'deploy',
  'bench',
  'test',
  'tsconfig.json',
  'package-lock.json',
];

/** Returns a message if package.json's `engines` rejects this Node version, or undefined. */
function nodeProblem(version) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = version.split('.').map(Number);
  const isAccepted = engines.node.split('||').some((range) => {
    const [, operator, minMajor, minMinor = 0] = /^(\^|>=)(\d+)(?:\.(\d+))?$/.exec(range.trim());
    if (major === Number(minMajor)) return minor >= Number(minMinor);
    return operator === '>=' && major > Number(minMajor);
  });
  if (isAccepted) return undefined;
  return `Node ${version} cannot run Hypercolumn: expected ${engines.node}. Install Node 24, the long-term release.`;
}

/**
 * Compares node_modules with package-lock.json. Development packages are needed only
 * with `--everything` or `--check`.
 * @returns undefined if all is installed, or a reason and the npm command: `ci` replaces node_modules,
 *   `install` adds the development packages and keeps what was built there
 */
function installProblem() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) return { reason: 'node_modules is not there', remedy: 'ci' };
  const wanted = Object.entries(readPackages(join(root, 'package-lock.json')));
  const installed = readPackages(record);
  const mismatch = (isOfInterest) => {
    for (const [path, { version, optional, dev, devOptional }] of wanted) {
      if (path === '' || !isOfInterest(dev)) continue;
      const found = installed[path];
      if (found === undefined && (optional || devOptional)) continue;
      if (found === undefined || !existsSync(join(root, path, 'package.json'))) {
        return `${path} is missing`;
      }
      if (found.version !== version) return `${path} is ${found.version}, not ${version}`;
    }
  };
  const reason = mismatch((dev) => !dev);
  if (reason !== undefined) return { reason, remedy: 'ci' };
  const missing = withEverything ? mismatch((dev) => dev) : undefined;
  return missing === undefined ? undefined : { reason: missing, remedy: 'install' };
}

function readPackages(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

async function install({ reason, remedy }) {
  const args = remedy === 'ci' ? ['ci'] : ['install', '--no-save'];
  // A dist that was made with a check of types needs the types of the development packages again.
  const wasChecked = existsSync(join(root, 'dist', '.tsbuildinfo'));
  if (!withEverything && !wasChecked) args.push('--omit=dev');
  say(`npm ${args.join(' ')}, because ${reason}`);
  const native = join(modules, '@tensorflow', 'tfjs-node-gpu', 'lib');
  const hadNative = existsSync(native);
  const npm = process.env.npm_execpath;
  args.push('--loglevel=error');
  const installing = npm ? run(process.execPath, [npm, ...args]) : run('npm', args);
  // The output of a successful installation needs no action.
  const result = installing.then((end) => (end.status === 0 ? { ...end, output: '' } : end));
  await finish('installing packages', result, [
    'npm failed, for the reason above. Without a network: reach the npm registry, or fill the',
    'npm cache elsewhere and run `npm ci --offline` here. If package-lock.json does not fit',
    'package.json: `npm install`. Then start again.',
  ]);
  removeUnused();
  if (hadNative && !existsSync(native)) {
    say('npm ci took the native TensorFlow binding away: `npm run setup:tensorflow` puts it back.');
  }
}

/** npm unpacks source maps of TensorFlow and native code for every platform, more than half of all bytes. */
function removeUnused() {
  const tensorflow = join(modules, '@tensorflow');
  for (const path of filesBelow(tensorflow)) {
    if (path.endsWith('.map')) rmSync(join(tensorflow, path));
  }
  const { platform, arch } = process;
  const onnx = join(modules, 'onnxruntime-node', 'bin', 'napi-v6');
  removeAllBut(platform, onnx);
  removeAllBut(arch, join(onnx, platform));
  const webgpuArch = platform === 'darwin' ? 'universal' : arch;
  removeAllBut(`${platform}-${webgpuArch}`, join(modules, 'webgpu', 'dist'));
}

/** Without the file to keep, the folder is unknown and stays complete. */
function removeAllBut(kept, folder) {
  if (!existsSync(join(folder, kept))) return;
  for (const name of readdirSync(folder)) {
    if (name !== kept) rmSync(join(folder, name), { recursive: true });
  }
}

function filesBelow(folder) {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
}

/**
 * Returns the commands that compile the sources. Programs start without a type check, unless the checking
 * build made dist before: two builds that each keep a record of one dist would mistake the other's
 * output for their own.
 */
function compilerRuns() {
  const unchecked = join(root, 'dist', '.unchecked.tsbuildinfo');
  if (isChecking) rmSync(unchecked, { force: true });
  const record = join(root, 'dist', '.tsbuildinfo');
  if (!isChecking && !existsSync(record)) {
    return { record: unchecked, commands: [[TSC, '-p', 'deploy/unchecked.tsconfig.json']] };
  }
  return { record, commands: isChecking ? CHECKS : [[TSC]] };
}

function isOlderThan(file, sources) {
  return (
    !existsSync(file) || newest(sources.map((name) => join(root, name))) >= statSync(file).mtimeMs
  );
}

/** Whether a compiler has been installed since the kernels could not be compiled without one. */
function hasCompilerNow(reasonFile) {
  return readFileSync(reasonFile, 'utf8').trim() === NO_COMPILER && findCompiler() !== undefined;
}

/** Returns the newest modification time of files and of the files in folders; missing ones count as old. */
function newest(paths) {
  const times = paths.filter(existsSync).map((path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return Math.max(stat.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
  });
  return Math.max(0, ...times);
}

/** Starts a program from node_modules. */
function start([program, ...args]) {
  return run(process.execPath, [join(modules, program), ...args]);
}

/** Deletes the output of deleted sources, which tests and imports could still find. */
function removeStaleOutputs() {
  const dist = join(root, 'dist');
  for (const path of readdirSync(dist, { recursive: true })) {
    if (!path.endsWith('.js.map')) continue;
    const output = path.slice(0, -'.map'.length);
    if (existsSync(join(root, output.replace(/\.js$/, '.ts')))) continue;
    rmSync(join(dist, path));
    rmSync(join(dist, output), { force: true });
  }
}

/** Runs a command and prints its output after its end, below the line of its step. */
function run(command, args) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    const add = (text) => {
      output += text;
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    const end = (status) => {
      running.delete(child);
      resolve({ status, output, ms: performance.now() - started });
    };
    child.on('error', ({ message }) => {
      add(`${command}: ${message}\n`);
      end(1);
    });
    child.on('close', (status) => end(status ?? 1));
  });
}

/** Waits for a step, prints its duration, and exits if it failed. */
async function finish(step, pending, advice = []) {
  const isShown = steps.includes(step);
  if (isShown) process.stderr.write(`${steps.indexOf(step) + 1}/${steps.length} ${step} ...`);
  const results = await Promise.all([pending].flat());
  const seconds = Math.max(...results.map(({ ms }) => ms)) / 1000;
  if (isShown) say(` ${seconds.toFixed(1)} s`);
  for (const { output } of results) process.stderr.write(output);
  const failed = results.find(({ status }) => status !== 0);
  if (failed === undefined) return;
  for (const line of advice) say(line);
  for (const child of running) child.kill();
  process.exit(failed.status);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

const nodeVersionProblem = nodeProblem(process.versions.node);
if (nodeVersionProblem !== undefined) {
  say(nodeVersionProblem);
  process.exit(1);
}

const isChecking = process.argv.includes('--check');
const withEverything = isChecking || process.argv.includes('--everything');
const problem = installProblem();
const { record, commands } = compilerRuns();
const isCompileDue = isOlderThan(record, SOURCES);
const isBundleDue = isOlderThan(join(root, 'dist', 'page', 'index.html'), PAGE_SOURCES);
const isServiceDue = isOlderThan(join(root, 'dist', 'bundled', 'serve.js'), SERVICE_SOURCES);
const isGuideDue =
  withEverything && isOlderThan(join(root, 'dist', '.guide-digest'), GUIDE_SOURCES);
const dist = join(root, 'dist');
const areKernelsDue = MODULES.some(({ folder, name }) => {
  const file = join(dist, folder, `${name}-${process.platform}-${process.arch}`);
  return (
    isOlderThan(`${file}.node`, KERNEL_SOURCES) &&
    (isOlderThan(`${file}.absent`, KERNEL_SOURCES) || hasCompilerNow(`${file}.absent`))
  );
});
/** The slow steps, which are printed. */
const steps = [
  ...(problem === undefined ? [] : ['installing packages']),
  ...(isCompileDue ? ['compiling'] : []),
  ...(areKernelsDue ? ['compiling the kernels'] : []),
  ...(isServiceDue ? ['bundling the service'] : []),
  ...(isBundleDue ? ['bundling the page'] : []),
  ...(isGuideDue ? ['building the guide'] : []),
];

if (problem !== undefined) await install(problem);
const compiling = commands.map(start);
const compilingKernels = areKernelsDue
  ? run(process.execPath, [join(root, 'deploy', 'compile-kernels.mjs'), dist])
  : [];
const bundling = isBundleDue ? start(BUNDLE) : [];
await finish('compiling', compiling, [
  'The code does not compile: correct these lines, then run this again.',
]);
// `npx hypercolumn` runs it as a program.
const program = join(root, 'dist', 'src', 'cli', 'hypercolumn.js');
if (existsSync(program)) chmodSync(program, 0o755);
removeStaleOutputs();
if (areKernelsDue) await finish('compiling the kernels', compilingKernels);
if (isServiceDue) {
  await finish('bundling the service', run(process.execPath, [join(root, 'deploy', 'bundle.mjs')]));
}
if (isBundleDue) await finish('bundling the page', bundling);
if (isGuideDue) {
  const guide = join(root, 'dist', 'deploy', 'guide', 'build-guide.js');
  await finish('building the guide', run(process.execPath, [guide]));
}
