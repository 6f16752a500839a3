import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { InferenceSession } from 'onnxruntime-node';
import { NoGradientError, NoReadoutError } from '../errors.js';
import { gradientAt } from '../inference/onnx/imported/gradient-session.js';
import { respondTo } from '../inference/onnx/imported/network-session.js';
import { type NetworkFile, readNetwork } from '../inference/onnx/imported/read-network.js';
import { loadOnnxruntime } from '../inference/onnx/onnxruntime.js';
import { SESSION_OPTIONS } from '../inference/onnx/sessions.js';
import type { ImportedCard } from '../models/native-card.js';
import type { SavedModel } from '../models/saved-model.js';
import { imageLength, type Stimuli, stimulusAt } from '../stimulus/stimuli.js';
import { maximise } from './activation-maximisation.js';
import type { StimulusGradient } from './gradient.js';
import type { InterpretationRequest, Interpreter } from './interpreter.js';

/** A model whose network is imported. */
export type ImportedModel = SavedModel & { readonly card: ImportedCard };

/** What an interpreter of imported networks computes: each call is given the model as it was saved. */
export interface ImportedInterpreter {
  interpret(request: InterpretationRequest): Promise<never>;
  gradient(
    saved: ImportedModel,
    request: Parameters<Interpreter['gradient']>[0],
  ): Promise<StimulusGradient>;
  maximise(
    saved: ImportedModel,
    ...args: Parameters<Interpreter['maximise']>
  ): ReturnType<Interpreter['maximise']>;
  close(): void;
}

interface Loaded {
  readonly file: NetworkFile;
  readonly network: InferenceSession;
  readonly gradient: InferenceSession;
}

/** Models that are kept in memory together. */
const MAX_MODELS = 2;

/** Computes the gradients of imported networks with onnxruntime, from the graphs that came along with them. */
export function createImportedInterpreter(): ImportedInterpreter {
  const loaded = new LRUCache<string, Loaded>({
    max: MAX_MODELS,
    dispose: ({ network, gradient }) => {
      void network.release();
      void gradient.release();
    },
  });

  return {
    async interpret({ model: { name, version } }) {
      throw new NoReadoutError(`the network of ${name}/${version} is imported`);
    },
    gradient: (saved, { stimuli, neuron }) => slopeOf(saved, stimuli, neuron),
    async maximise(saved, { neuron, id, state, terms, until }, signal) {
      const slope = async (images: Stimuli) => {
        await setImmediate();
        signal?.throwIfAborted();
        return await slopeOf(saved, images, neuron);
      };
      return await maximise(slope, state, id, terms, until);
    },
    close: () => loaded.clear(),
  };

  async function slopeOf(
    saved: ImportedModel,
    stimuli: Stimuli,
    neuron: number,
  ): Promise<StimulusGradient> {
    const { Tensor } = await loadOnnxruntime();
    const { file, network, gradient } = await load(saved);
    const input = { ...file.input, gradient: saved.card.architecture.gradient! };
    const neurons = saved.card.neurons.length;
    const size = imageLength(stimuli);
    const responses = new Float32Array(stimuli.count);
    const slopes = new Float32Array(stimuli.count * size);
    for (let image = 0; image < stimuli.count; image++) {
      const { pixels } = stimulusAt(stimuli, image);
      responses[image] = (await respondTo(network, Tensor, input, [pixels]))[neuron]!;
      const slope = await gradientAt(gradient, Tensor, input, pixels, { neuron, neurons });
      slopes.set(slope, image * size);
    }
    return { responses, gradient: slopes };
  }

  async function load(saved: ImportedModel): Promise<Loaded> {
    const known = loaded.get(saved.digest);
    if (known) return known;
    const file = await readNetwork(saved);
    if (file.gradient === undefined) {
      const { name, version } = saved.card;
      throw new NoGradientError(
        `the network of ${name}/${version} was imported without its gradient`,
      );
    }
    const { InferenceSession } = await loadOnnxruntime();
    const model = {
      file,
      network: await InferenceSession.create(file.network, SESSION_OPTIONS),
      gradient: await InferenceSession.create(file.gradient, SESSION_OPTIONS),
    };
    loaded.set(saved.digest, model);
    return model;
  }
}
