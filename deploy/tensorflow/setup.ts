import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { compileBinding, isBuilt, locateBinding, removeBinding } from './binding.js';
import { fetchLibraries, librariesFolder } from './libraries.js';
import { SetupError } from './setup-error.js';
import { findCompiler, thisMachine } from './tools.js';
import { chooseVariant, releaseFor, type Variant } from './wheels.js';

/** Results of one training step in a new process. */
export interface Check {
  readonly tensorflow: string;
  readonly device: 'GPU' | 'CPU';
  /** Time of one convolution with its gradient. */
  readonly milliseconds: number;
}

/** `setup tensorflow`: compiles what native TensorFlow needs on this machine. */
export function createSetupTensorflowCommand(): Command {
  return new Command('tensorflow')
    .description('builds the native half of @tensorflow/tfjs-node-gpu against a current TensorFlow')
    .addOption(
      new Option('--variant <variant>', 'gpu where an NVIDIA driver is visible, else cpu')
        .choices(['auto', 'cpu', 'gpu'])
        .default('auto'),
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nDownloads stay in HYPERCOLUMN_CACHE (default ~/.cache/hypercolumn), outside node_modules.',
    )
    .action(({ variant }: { readonly variant: Variant | 'auto' }) => {
      // Ctrl-C ends pip or the compiler; this process continues and removes their partial files.
      process.on('SIGINT', () => {});
      try {
        setUp(variant);
      } catch (error) {
        console.error(`setup:tensorflow: ${explain(error)}`);
        process.exitCode = 1;
      }
    });
}

function log(line: string): void {
  console.log(`setup:tensorflow: ${line}`);
}

function setUp(wanted: Variant | 'auto'): void {
  const machine = thisMachine();
  const variant = chooseVariant(wanted, machine);
  const release = releaseFor(variant, machine);
  const binding = locateBinding();
  const libraries = librariesFolder(cacheFolder(), variant, release);

  if (isBuilt(binding, libraries)) {
    const check = runCheck();
    if (typeof check !== 'string') {
      report('already set up', variant, check);
      return;
    }
    log(`the binding in place does not work (${check}), building it again`);
  }
  // This check comes before the download, which takes minutes.
  const compiler = findCompiler(process.env['CXX']);
  if (!existsSync(libraries)) fetchLibraries(libraries, release, log);
  log(`compiling with ${compiler}`);
  compileBinding(binding, libraries, compiler);
  const check = runCheck();
  if (typeof check === 'string') {
    removeBinding(binding);
    throw new SetupError(
      `the binding was built but does not work: ${check}; if its libraries are damaged, remove ${libraries} and run this again`,
    );
  }
  report('done', variant, check);
}

function report(outcome: string, variant: Variant, check: Check): void {
  log(
    `${outcome}: TensorFlow ${check.tensorflow} (${variant}) on the ${check.device}, one step of a small convolution takes ${check.milliseconds.toFixed(1)} ms`,
  );
  if (variant === 'gpu' && check.device === 'CPU') {
    log('no GPU was used: nvidia-smi must list one here (in Docker: --gpus all)');
  }
}

/** Returns the results of the check, or its error in one line. */
function runCheck(): Check | string {
  const script = fileURLToPath(new URL('./check.js', import.meta.url));
  const result = spawnSync(process.execPath, ['--no-deprecation', script], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  if (result.status === 0) {
    return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as Check;
  }
  const reason = /^(?:\w*Error: .*|.*error while loading.*)$/m.exec(result.stderr)?.[0];
  return reason ?? `it ended with ${result.signal ?? `status ${result.status}`}`;
}

/** Prints one line for an error that the user can fix; rethrows any other. */
function explain(error: unknown): string {
  if (error instanceof SetupError) return error.message;
  if (error instanceof Error && 'syscall' in error) {
    return `${error.message}: node_modules and ${cacheFolder()} (HYPERCOLUMN_CACHE) must be folders this user can write to`;
  }
  throw error;
}

function cacheFolder(): string {
  const own = process.env['HYPERCOLUMN_CACHE'];
  if (own) return resolve(own);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'hypercolumn');
}
