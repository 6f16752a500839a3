import * as tf from '@tensorflow/tfjs';
import { InputError } from '../../input-error.js';
import type { ModelCard } from '../../model/card.js';
import { readModel, readWeights, type Weights } from '../../model/saved-model.js';
import type { Backend } from '../../network/backend.js';
import { forward, type Parameters } from '../../network/forward.js';
import { parameterSpecifications } from '../../network/parameters.js';
import { type Stimuli, sliceStimuli } from '../../stimulus/stimuli.js';
import type { Engine, EngineRequest } from '../engine.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';

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

  return {
    description: { name: backend.name, device: backend.device },

    async load(folder, digest) {
      if (models.has(digest)) return;
      const saved = await readModel(folder);
      if (saved.digest !== digest) throw new InputError('card.json changed while it was loaded');
      const model = {
        card: saved.card,
        parameters: toDevice(saved.card, await readWeights(saved)),
      };
      try {
        const neurons = Int32Array.from(saved.card.neurons.keys());
        checkGolden(saved.card, await compute(backend, model, goldenStimuli(saved.card), neurons));
      } catch (error) {
        tf.dispose(model.parameters);
        throw error;
      }
      models.set(digest, model);
    },

    async unload(digest) {
      tf.dispose(models.get(digest)?.parameters ?? []);
      models.delete(digest);
    },

    async respond({ digest, stimuli, neurons }: EngineRequest) {
      const model = models.get(digest);
      if (model === undefined) throw new Error(`model ${digest} is not loaded`);
      return await compute(backend, model, stimuli, neurons);
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

/** @throws InputError when a weight is missing, superfluous or of another shape */
function toDevice(card: ModelCard, weights: Weights): Parameters {
  const specifications = parameterSpecifications(card.architecture, card.stimulus);
  const known = new Set(specifications.map(({ name }) => name));
  const stranger = [...weights.keys()].find((name) => !known.has(name));
  if (stranger) throw new InputError(`the weights hold '${stranger}', which the network has not`);
  for (const { name, shape } of specifications) {
    const wanted = [card.neurons.length, ...shape];
    const found = weights.get(name)?.shape;
    if (found === undefined) throw new InputError(`the weights lack '${name}'`);
    if (found.join() !== wanted.join()) {
      throw new InputError(`the weight '${name}' is [${found}], the card makes it [${wanted}]`);
    }
  }
  return Object.fromEntries(
    [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
  );
}
