import type { InferenceSession } from 'onnxruntime-node';
import type { Channels } from '../../formats/channels.js';
import { imageLength } from '../../stimulus/stimuli.js';
import { planar } from '../planar.js';
import { type ImportedInput, respondTo } from './imported/network-session.js';
import type { Onnxruntime } from './onnxruntime.js';
import { RESPONSES, STIMULI, WANTED } from './site-graph.js';

/** Images for one loaded graph. */
export interface Batch {
  readonly key: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  /** [count, height, width, channels] */
  readonly pixels: Float32Array;
  /** By group of the graph: 1 where it is to be computed. */
  readonly wanted: Uint8Array;
}

/** Sessions of onnxruntime by key, which compute on the thread that calls them. */
export interface Sessions {
  /**
   * @param graph an .onnx file as `encodeChoosableSite` makes it, or that of an imported network
   * @param imported of an imported network, which has one group
   */
  load(key: string, graph: Uint8Array, imported?: ImportedInput): Promise<void>;
  unload(key: string): Promise<void>;
  /** @returns [count, neurons of the graph], zero in groups that are not wanted */
  run(batch: Batch): Promise<Float32Array>;
}

/**
 * One thread computes a session: threads that share one meet after every operation, those that have
 * each their own only at the end.
 */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
};

type Image = Pick<Batch, 'height' | 'width' | 'channels' | 'pixels' | 'wanted'>;

interface Loaded {
  readonly session: InferenceSession;
  /** Images that the graph takes at a time. The request asks for the first one; the others are its copies. */
  readonly images: number;
  /** @returns [images, neurons] */
  respond(image: Image): Promise<Float32Array>;
}

export function createSessions({ InferenceSession, Tensor }: Onnxruntime): Sessions {
  const sessions = new Map<string, Loaded>();
  return { load, unload, run };

  async function load(key: string, graph: Uint8Array, imported?: ImportedInput): Promise<void> {
    const session = await InferenceSession.create(graph, SESSION_OPTIONS);
    sessions.set(key, {
      session,
      images: imported && imported.input.batch !== 'any' ? imported.input.batch : 1,
      respond: imported
        ? (image) => respondTo(session, Tensor, imported, [image.pixels])
        : (image) => respondInGroups(session, image),
    });
  }

  async function unload(key: string): Promise<void> {
    const loaded = sessions.get(key);
    sessions.delete(key);
    await loaded?.session.release();
  }

  /** Each image is computed alone, so that its responses do not depend on the rest of the request. */
  async function run(batch: Batch): Promise<Float32Array> {
    const { key, count, pixels, ...each } = batch;
    const loaded = sessions.get(key);
    if (loaded === undefined) throw new Error(`no graph ${key} is loaded`);
    const size = imageLength(batch);
    let values = new Float32Array();
    for (let image = 0; image < count; image++) {
      const own = pixels.subarray(image * size, (image + 1) * size);
      const responses = await loaded.respond({ ...each, pixels: own });
      const neurons = responses.length / loaded.images;
      if (image === 0) values = new Float32Array(count * neurons);
      values.set(responses.subarray(0, neurons), image * neurons);
    }
    return values;
  }

  async function respondInGroups(
    session: InferenceSession,
    { wanted, ...image }: Image,
  ): Promise<Float32Array> {
    const outputs = await session.run({
      [STIMULI]: new Tensor('float32', planar({ ...image, count: 1 }), [
        ...[1, image.channels],
        ...[image.height, image.width],
      ]),
      [WANTED]: new Tensor('bool', wanted, [wanted.length]),
    });
    return outputs[RESPONSES]?.data as Float32Array;
  }
}
