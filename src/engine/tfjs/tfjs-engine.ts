import * as tf from '@tensorflow/tfjs';
import type { ModelCard } from '../../model/card.js';
import type { Weights } from '../../model/saved-model.js';
import type { Backend } from '../../network/backend.js';
import { forward, type Parameters } from '../../network/forward.js';
import { type Stimuli, sliceStimuli } from '../../stimulus/stimuli.js';
import type { Engine, EngineRequest } from '../engine.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';
import { readVerified } from '../verified-model.js';

/** Networks x images computed at once: bounds the memory of the first block's maps. */
const NETWORKS_AT_ONCE = 128;

/**
 * Images computed at once beside so many neurons. oneDNN and cuDNN choose kernels, and with them the
 * order of sums, by the size of a batch: there each image goes alone, so that its responses are the
 * same to the last bit whatever else is asked with it.
 */
function imagesAtOnce({ name }: Backend, neurons: number): number {
  return name === 'wasm' ? Math.floor(NETWORKS_AT_ONCE / neurons) : 1;
}

interface LoadedModel {
  readonly card: ModelCard;
  /** On the device, the neurons stacked on the first axis. */
  readonly parameters: Parameters;
}

/** An engine that computes with tfjs, in this process and on its thread. */
export function createTfjsEngine(backend: Backend): Engine {
  const models = new Map<string, LoadedModel>();
  // one thing at a time: memory for one batch, and no model leaves under a question
  let line: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = line.then(work);
    line = done.catch(() => undefined);
    return done;
  };

  return {
    description: { name: backend.name, device: backend.device },

    async load(folder, digest) {
      if (models.has(digest)) return;
      const { card, weights } = await readVerified(folder, digest);
      const model = { card, parameters: toDevice(weights) };
      try {
        const neurons = Int32Array.from(card.neurons.keys());
        checkGolden(card, await compute(backend, model, goldenStimuli(card), neurons));
      } catch (error) {
        tf.dispose(model.parameters);
        throw error;
      }
      models.set(digest, model);
    },

    async unload(digest) {
      await inTurn(async () => {
        tf.dispose(models.get(digest)?.parameters ?? []);
        models.delete(digest);
      });
    },

    respond({ digest, stimuli, neurons }: EngineRequest) {
      return inTurn(async () => {
        const model = models.get(digest);
        if (model === undefined) throw new Error(`model ${digest} is not loaded`);
        return await compute(backend, model, stimuli, neurons);
      });
    },

    async close() {
      for (const { parameters } of models.values()) tf.dispose(parameters);
      models.clear();
    },
  };
}

/** @returns [stimuli, neurons], computed in groups that bound the memory */
async function compute(
  backend: Backend,
  { card, parameters }: LoadedModel,
  stimuli: Stimuli,
  neurons: Int32Array,
): Promise<Float32Array> {
  const { scale, offset } = card.stimulus;
  const { count, height, width } = stimuli;
  const values = new Float32Array(count * neurons.length);
  for (let first = 0; first < neurons.length; first += NETWORKS_AT_ONCE) {
    const group = neurons.subarray(first, first + NETWORKS_AT_ONCE);
    const images = imagesAtOnce(backend, group.length);
    const chosen = tf.tidy(() => selected(parameters, group, card.neurons.length));
    for (let from = 0; from < count; from += images) {
      const batch = sliceStimuli(stimuli, from, Math.min(count, from + images));
      const responses = tf.tidy(() => {
        const x = tf.tensor4d(batch.pixels, [batch.count, height, width, 1]);
        return forward(card.architecture, chosen, x.mul(scale).add(offset)).responses; // [B, N]
      });
      const rows = await responses.data<'float32'>();
      responses.dispose();
      for (let row = 0; row < batch.count; row++) {
        const own = rows.subarray(row * group.length, (row + 1) * group.length);
        values.set(own, (from + row) * neurons.length + first);
      }
    }
    tf.dispose(chosen);
  }
  return values;
}

/** The parameters of some neurons, as copies on the device. */
function selected(parameters: Parameters, rows: Int32Array, population: number): Parameters {
  const whole = rows.length === population && rows.every((row, index) => row === index);
  const indices = tf.tensor1d(rows, 'int32');
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [
      name,
      whole ? tensor.clone() : tf.gather(tensor, indices),
    ]),
  );
}

function toDevice(weights: Weights): Parameters {
  return Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
  );
}
