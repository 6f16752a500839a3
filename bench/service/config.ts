import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import { type Contender, startContender, startPyTorch } from '../contender.js';
import { type RunningService, startService } from '../running-service.js';

/** What the parts of the benchmark share. */
export interface Config {
  readonly neurons: number;
  readonly threads: number;
  readonly rounds: number;
  /** Stimuli of the sweep. */
  readonly images: number;
  /** Holds a folder of models for each architecture, `<architecture>/<architecture>/1`. */
  readonly folder: string;
  /** A Python with PyTorch. */
  readonly python: string;
}

/** The service with one model, of the same name as its architecture. */
export function serve(id: ArchitectureId, { folder, threads }: Config): Promise<RunningService> {
  return startService({
    MODELS_DIR: path.join(folder, id),
    DATA_DIR: path.join(folder, 'data'),
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
}

/** A session of onnxruntime on the graph of the whole site, or the service's engine in a bare process. */
export async function startWorker(
  kind: 'session' | 'engine',
  id: ArchitectureId,
  { folder, threads }: Config,
): Promise<Contender> {
  const worker = fileURLToPath(new URL('../inference-worker.js', import.meta.url));
  const model = path.join(folder, id, id, '1');
  const args = [worker, kind, model, String(threads)];
  const started = await startContender(kind, process.execPath, args);
  if (started === undefined) throw new Error(`the ${kind} of onnxruntime does not start`);
  return started;
}

/** The published networks in PyTorch behind a plain HTTP server; undefined where there is no PyTorch. */
export async function startPublished(
  id: ArchitectureId,
  { python, neurons, threads }: Config,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> } | undefined> {
  const server = await startPyTorch(python, 'server.py', id, [neurons, threads]);
  return server && { url: server.device.split(' ')[0]!, stop: server.stop };
}
