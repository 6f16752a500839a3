import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SetupError } from './setup-error.js';

/** Where the native half of @tensorflow/tfjs-node-gpu belongs and what it is built from. */
export interface Binding {
  /** The addon that @tensorflow/tfjs-node-gpu loads. */
  readonly file: string;
  readonly napiVersion: number;
  readonly sources: readonly string[];
  readonly includes: readonly string[];
}

/** @throws SetupError when the packages are not installed. */
export function locateBinding(): Binding {
  const tfjs = installedFolder('@tensorflow/tfjs-node-gpu/package.json');
  const headers = installedFolder('node-api-headers/package.json');
  const { binary } = JSON.parse(readFileSync(join(tfjs, 'package.json'), 'utf8')) as {
    binary: { napi_versions: number[] };
  };
  const napiVersion = latestNapiVersion(binary.napi_versions, Number(process.versions['napi']));
  return {
    file: join(tfjs, 'lib', `napi-v${napiVersion}`, 'tfjs_binding.node'),
    napiVersion,
    sources: ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjs, 'binding', name)),
    includes: [join(headers, 'include')],
  };
}

/** The newest version that both the package and this Node know, which is the one it will load. */
export function latestNapiVersion(offered: readonly number[], supported: number): number {
  return Math.max(...offered.filter((version) => version <= supported));
}

/** Arguments for the C++ compiler; the addon finds TensorFlow in the cache. */
export function compilerArguments(binding: Binding, libraries: string, output: string): string[] {
  const tensorflow = join(libraries, 'tensorflow');
  return [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${binding.napiVersion}`],
    ...[join(tensorflow, 'include'), ...binding.includes].map((folder) => `-I${folder}`),
    ...binding.sources,
    ...['-o', output, `-L${tensorflow}`, `-Wl,-rpath,${tensorflow}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  ];
}

/**
 * Compiles the addon against the unpacked libraries and puts it in its place in one step.
 *
 * @throws SetupError when the compiler fails.
 */
export function compileBinding(binding: Binding, libraries: string, compiler: string): void {
  mkdirSync(dirname(binding.file), { recursive: true });
  const output = `${binding.file}.partial-${process.pid}`;
  try {
    const result = spawnSync(compiler, compilerArguments(binding, libraries, output), {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (result.status !== 0) {
      const reason = /^.*(?:error|undefined reference|cannot find).*$/m.exec(result.stderr)?.[0];
      throw new SetupError(
        `${compiler} cannot build the TensorFlow binding: ${reason ?? result.stderr.trim()}; it needs C++17 (g++ 9 or newer)`,
      );
    }
    renameSync(output, binding.file);
    writeFileSync(noteFile(binding), libraries);
  } finally {
    rmSync(output, { force: true });
  }
}

/** Whether the addon is built against these libraries. */
export function isBuilt(binding: Binding, libraries: string): boolean {
  return (
    existsSync(binding.file) &&
    existsSync(libraries) &&
    existsSync(noteFile(binding)) &&
    readFileSync(noteFile(binding), 'utf8') === libraries
  );
}

/** Takes the addon away, so that nothing tries to load one that does not work. */
export function removeBinding(binding: Binding): void {
  rmSync(dirname(binding.file), { recursive: true, force: true });
}

function noteFile(binding: Binding): string {
  return join(dirname(binding.file), 'built-against');
}

function installedFolder(manifest: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(manifest));
  } catch (error) {
    throw new SetupError(`${dirname(manifest)} is not installed: run npm ci first`, {
      cause: error,
    });
  }
}
