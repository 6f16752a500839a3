import type { InferenceSession } from 'onnxruntime-node';
import type { Onnxruntime } from './onnxruntime.js';
import { RESPONSES, STIMULI, WANTED } from './site-graph.js';

/** Images for one loaded graph. */
export interface Batch {
  readonly key: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width] */
  readonly pixels: Float32Array;
  /** By group of the graph: 1 where it is to be computed. */
  readonly wanted: Uint8Array;
}

/** Sessions of onnxruntime by key, which compute on the thread that calls them. */
export interface Sessions {
  /** @param graph an .onnx file as `encodeChoosableSite` makes it */
  load(key: string, graph: Uint8Array): Promise<void>;
  unload(key: string): Promise<void>;
  /** @returns [count, neurons of the graph], zero in groups that are not wanted */
  run(batch: Batch): Promise<Float32Array>;
}

/**
 * One thread computes a session: threads that share one meet after every operation, those that have
 * each their own only at the end.
 */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
};

export function createSessions({ InferenceSession, Tensor }: Onnxruntime): Sessions {
  const sessions = new Map<string, InferenceSession>();
  return { load, unload, run };

  async function load(key: string, graph: Uint8Array): Promise<void> {
    sessions.set(key, await InferenceSession.create(graph, OPTIONS));
  }

  async function unload(key: string): Promise<void> {
    const session = sessions.get(key);
    sessions.delete(key);
    await session?.release();
  }

  /** Each image is computed alone, so that its responses do not depend on the rest of the request. */
  async function run({ key, count, height, width, pixels, wanted }: Batch): Promise<Float32Array> {
    const session = sessions.get(key);
    if (session === undefined) throw new Error(`no graph ${key} is loaded`);
    const size = height * width;
    const groups = new Tensor('bool', wanted, [wanted.length]);
    let values = new Float32Array();
    for (let image = 0; image < count; image++) {
      const own = pixels.subarray(image * size, (image + 1) * size);
      const stimuli = new Tensor('float32', own, [1, 1, height, width]);
      const outputs = await session.run({ [STIMULI]: stimuli, [WANTED]: groups });
      const responses = outputs[RESPONSES]?.data as Float32Array;
      if (image === 0) values = new Float32Array(count * responses.length);
      values.set(responses, image * responses.length);
    }
    return values;
  }
}
