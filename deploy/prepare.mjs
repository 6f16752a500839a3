// Makes a checkout ready to run: Node's version, node_modules as package-lock.json says, dist as the
// sources say. Plain JavaScript, since it runs before anything is installed or compiled. It says
// nothing when there is nothing to do, and never anything on stdout, which is the program's.
//   --everything  installs the development packages too
//   --check       that, and checks the types of everything, tests and page too
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');

const TSC = 'typescript/bin/tsc';
const BUNDLE = ['vite/bin/vite.js', 'build', 'src/web', '--config', 'src/web/vite.config.ts'];
const PAGE_SOURCES = ['src', 'package-lock.json'];
/** Processes of steps that have not ended. */
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

/** What is wrong with this Node version, or undefined. The manifest's `engines` says what is accepted. */
function nodeProblem(version) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = version.split('.').map(Number);
  const isAccepted = engines.node.split('||').some((range) => {
    const [, operator, leastMajor, leastMinor = 0] = /^(\^|>=)(\d+)(?:\.(\d+))?$/.exec(
      range.trim(),
    );
    if (major === Number(leastMajor)) return minor >= Number(leastMinor);
    return operator === '>=' && major > Number(leastMajor);
  });
  if (isAccepted) return undefined;
  return `Node ${version} cannot run Hypercolumn: expected ${engines.node}. Install Node 24, the long-term release.`;
}

/**
 * What is wrong with node_modules, or undefined. It must hold what package-lock.json lists, the
 * development packages only where they are asked for.
 * @returns the reason, and what npm does about it: `ci` makes node_modules anew, `install` adds the
 *   development packages to one that is right otherwise, and leaves what was built there alone
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
  const words = remedy === 'ci' ? ['ci'] : ['install', '--no-save'];
  // A dist that was made with a check of types needs the types of the development packages again.
  const wasChecked = existsSync(join(root, 'dist', '.tsbuildinfo'));
  if (!withEverything && !wasChecked) words.push('--omit=dev');
  say(`npm ${words.join(' ')}, because ${reason}`);
  const native = join(modules, '@tensorflow', 'tfjs-node-gpu', 'lib');
  const hadNative = existsSync(native);
  const npm = process.env.npm_execpath;
  words.push('--loglevel=error');
  const installing = npm ? run(process.execPath, [npm, ...words]) : run('npm', words);
  // what npm says of an install that went well is nothing to act on
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

/** npm unpacks source maps of TensorFlow, and native code for every platform: more than half of it all. */
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

/** Where the one to keep is missing, nothing is known of the folder and all of it stays. */
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
 * What compiles the sources. Programs start without a check of types, unless the checking build has
 * made dist before: two builds that each keep a record of one dist would take the other's output for
 * their own.
 */
function compilerRuns() {
  const unchecked = join(root, 'dist', '.unchecked.tsbuildinfo');
  if (isChecking) rmSync(unchecked, { force: true });
  const record = join(root, 'dist', '.tsbuildinfo');
  if (!isChecking && !existsSync(record)) {
    return { record: unchecked, commands: [[TSC, '-p', 'deploy/unchecked.tsconfig.json']] };
  }
  return { record, commands: isChecking ? [[TSC], [TSC, '-p', 'src/web']] : [[TSC]] };
}

function isOlderThan(file, sources) {
  return (
    !existsSync(file) || newest(sources.map((name) => join(root, name))) >= statSync(file).mtimeMs
  );
}

/** When the newest of files, and of the files in folders, was changed; what is missing is old. */
function newest(paths) {
  const times = paths.filter(existsSync).map((path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return Math.max(stat.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
  });
  return Math.max(0, ...times);
}

/** Starts a program of node_modules. */
function start([program, ...args]) {
  return run(process.execPath, [join(modules, program), ...args]);
}

/** A deleted source leaves its output behind, which a test run or an import could still find. */
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

/** Runs a command; what it writes is shown when it has ended, below the line of its step. */
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

/** Waits for a step, says how long it took, and ends where it failed. */
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
/** Those that take time, and so are shown. */
const steps = [
  ...(problem === undefined ? [] : ['installing packages']),
  ...(isCompileDue ? ['compiling'] : []),
  ...(isBundleDue ? ['bundling the page'] : []),
];

if (problem !== undefined) await install(problem);
const compiling = commands.map(start);
const bundling = isBundleDue ? start(BUNDLE) : [];
await finish('compiling', compiling);
removeStaleOutputs();
if (isBundleDue) await finish('bundling the page', bundling);
