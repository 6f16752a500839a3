// Makes a checkout ready to run: Node's version, node_modules as package-lock.json says, dist as the
// sources say. Plain JavaScript, since it runs before anything is installed or compiled. It says
// nothing when there is nothing to do, and never anything on stdout, which is the program's.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

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

/** Why node_modules is not what package-lock.json asks for, or undefined. */
function installProblem() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return 'node_modules is not there';
  const installed = readPackages(record);
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined && optional) continue;
    if (found === undefined) return `${path} is missing`;
    if (found.version !== version) return `${path} is ${found.version}, not ${version}`;
  }
}

function readPackages(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

function install(reason) {
  say(`npm ci, because ${reason}`);
  const native = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'lib');
  const hadNative = existsSync(native);
  const npm = process.env.npm_execpath;
  const status = npm ? run(process.execPath, [npm, 'ci']) : run('npm', ['ci']);
  if (status !== 0) {
    say(
      'npm ci failed, for the reason above. Without a network: reach the npm registry, or fill the',
    );
    say('npm cache elsewhere and run `npm ci --offline` here. If package-lock.json does not fit');
    say('package.json: `npm install`. Then start again.');
    process.exit(status);
  }
  if (hadNative && !existsSync(native)) {
    say('npm ci took the native TensorFlow binding away: `npm run setup:tensorflow` puts it back.');
  }
}

function compile() {
  runOrEnd('typescript/bin/tsc');
  runOrEnd('typescript/bin/tsc', '-p', 'src/page');
}

/** The page is bundled only where something of it is newer: that takes longer than all the rest. */
function bundlePage() {
  const built = join(root, 'dist', 'page', 'index.html');
  const sources = ['src', 'package-lock.json'].map((name) => join(root, name));
  if (existsSync(built) && newest(sources) < statSync(built).mtimeMs) return;
  runOrEnd('vite/bin/vite.js', 'build', 'src/page', '--config', 'src/page/vite.config.ts');
}

/** When the newest of files, and of the files in folders, was changed. */
function newest(paths) {
  const times = paths.map((path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return Math.max(stat.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
  });
  return Math.max(0, ...times);
}

/** Runs a program of node_modules; where it fails, it has said why. */
function runOrEnd(program, ...args) {
  const status = run(process.execPath, [join(root, 'node_modules', program), ...args]);
  if (status !== 0) process.exit(status);
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

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) say(`${command}: ${error.message}`);
  return status ?? 1;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

const nodeVersionProblem = nodeProblem(process.versions.node);
if (nodeVersionProblem !== undefined) {
  say(nodeVersionProblem);
  process.exit(1);
}
const reason = installProblem();
if (reason !== undefined) install(reason);
compile();
removeStaleOutputs();
bundlePage();
