import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export type Onnxruntime = typeof import('onnxruntime-node');

/** onnxruntime reads this when it creates its first session. */
const TELEMETRY_OFF = 'ORT_DISABLE_TELEMETRY';

/**
 * Loads onnxruntime so that it sends nothing: otherwise it keeps a device id and a database of events
 * under ~/.cache and uploads them. No other file imports the package's values. In a worker thread this
 * takes a thread that shares the environment of its process (`SHARE_ENV`), which native code reads.
 * @throws the error of the loader where the package has no binary for this machine
 */
export async function loadOnnxruntime(): Promise<Onnxruntime> {
  sendNothing();
  return await import('onnxruntime-node');
}

/** Called before any thread starts that may load it. */
export function sendNothing(): void {
  // native code of other threads may be reading the environment, so it is written only when needed
  if (process.env[TELEMETRY_OFF] !== '1') process.env[TELEMETRY_OFF] = '1';
}

/**
 * Whether the package may have no binary that works here: found without loading it.
 * @param folder of the package's modules
 * @param libraries of the system; the package's binary for Linux does not load with the C library musl
 */
export function isOnnxruntimeDoubtful(folder = packageFolder(), libraries = '/lib'): boolean {
  const { platform, arch } = process;
  const binary = path.join(folder, '../bin/napi-v6', platform, arch, 'onnxruntime_binding.node');
  if (!existsSync(binary)) return true;
  if (platform !== 'linux' || !existsSync(libraries)) return false;
  return readdirSync(libraries).some((name) => name.startsWith('ld-musl-'));
}

function packageFolder(): string {
  return path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node'));
}
