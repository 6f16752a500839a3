import type { InferenceSession } from 'onnxruntime-node';
import type { Channels } from '../../formats/channels.js';
import { imageLength } from '../../stimulus/stimuli.js';
import { type Addon, loadAddon } from '../kernels/addon.js';
import { createKernelResponder } from '../kernels/respond.js';
import type { KernelNetworks } from '../kernels/site-kernels.js';
import { respondTo } from './imported/network-session.js';
import type { Onnxruntime } from './onnxruntime.js';
import { planar } from './planar.js';
import type { GraphProgram, Program } from './prepare-model.js';
import { RESPONSES, STIMULI, WANTED } from './site-graph.js';

/** Images for one loaded program. */
export interface Batch {
  readonly key: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  /** [count, height, width, channels] */
  readonly pixels: Float32Array;
  /** By group of the program: 1 where it is to be computed. */
  readonly wanted: Uint8Array;
}

/** Sessions of onnxruntime and networks of the kernels, by key, which compute on the thread that calls them. */
export interface Sessions {
  load(key: string, program: Program): Promise<void>;
  unload(key: string): Promise<void>;
  /** @returns [count, neurons of the program], zero in groups that are not wanted */
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
  /** @returns [count, neurons of the program], zero in groups that are not wanted */
  respond(batch: Batch): Promise<Float32Array>;
  release(): Promise<void>;
}

export function createSessions({ InferenceSession, Tensor }: Onnxruntime): Sessions {
  const sessions = new Map<string, Loaded>();
  return {
    async load(key, program) {
      const loaded =
        program.kind === 'graph' ? await openGraph(program) : openKernels(program.networks);
      sessions.set(key, loaded);
    },
    async unload(key) {
      const loaded = sessions.get(key);
      sessions.delete(key);
      await loaded?.release();
    },
    async run(batch) {
      const loaded = sessions.get(batch.key);
      if (loaded === undefined) throw new Error(`no program ${batch.key} is loaded`);
      return await loaded.respond(batch);
    },
  };

  function openKernels(networks: KernelNetworks): Loaded {
    const responder = createKernelResponder(requireAddon(), networks);
    return {
      respond: async (batch) => responder.respond(planar(batch), batch.count, batch.wanted),
      release: async () => {},
    };
  }

  async function openGraph({ graph, imported }: GraphProgram): Promise<Loaded> {
    const session = await InferenceSession.create(graph, SESSION_OPTIONS);
    /** Images that the graph takes at a time. The request asks for the first one; the others are its copies. */
    const images = imported && imported.input.batch !== 'any' ? imported.input.batch : 1;
    const respondToOne = (image: Image) =>
      imported
        ? respondTo(session, Tensor, imported, [image.pixels])
        : respondInGroups(session, image);
    return {
      respond: (batch) => eachAlone(batch, images, respondToOne),
      release: () => session.release(),
    };
  }

  /** Each image is computed alone, so that its responses do not depend on the rest of the request. */
  async function eachAlone(
    { count, pixels, ...each }: Batch,
    images: number,
    respond: (image: Image) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    const size = imageLength(each);
    let values = new Float32Array();
    for (let image = 0; image < count; image++) {
      const own = pixels.subarray(image * size, (image + 1) * size);
      const responses = await respond({ ...each, pixels: own });
      const neurons = responses.length / images;
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

function requireAddon(): Addon {
  const addon = loadAddon();
  if (addon === undefined) throw new Error('the kernels are not there');
  return addon;
}
