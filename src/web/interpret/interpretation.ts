import { imageAxes } from '../figures/image-shape.js';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { type ChosenStimulus, stimuliBody } from '../stimulus/chosen-stimulus.js';
import { type RenderedStimulus, renderStimulus } from '../stimulus/rendered-stimulus.js';
import type { AttentionAnswer, ReadoutAnswer } from './answers.js';
import { hasGradient, isImported } from './imported.js';

/** Attention and readout terms of some neurons for one stimulus. */
export interface Interpretation {
  readonly rendered: RenderedStimulus;
  /** null for networks without attention. */
  readonly attention: AttentionAnswer | null;
  readonly readout: ReadoutAnswer;
  readonly request: SentRequest;
}

/** The gradient of one neuron's response. */
export interface GradientMap {
  readonly neuron: number;
  /** The largest absolute value. */
  readonly largest: number;
  /** The gradient divided by `largest`, in row-major order. */
  readonly shares: Float32Array;
}

export interface Gradients {
  readonly rendered: RenderedStimulus;
  readonly maps: readonly GradientMap[];
  readonly array: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly request: SentRequest;
}

export interface InterpretationRequest {
  readonly service: Service;
  readonly model: ChosenModel;
  readonly chosen: ChosenStimulus;
  readonly neurons: readonly number[];
}

/**
 * Requests attention and readout terms.
 * @returns null where the network is imported
 * @throws Problem
 */
export async function fetchInterpretation(
  wanted: InterpretationRequest,
  signal: AbortSignal,
): Promise<Interpretation | null> {
  const { service, model, chosen } = wanted;
  if (isImported(model.card)) return null;
  const routes = service.client.v1.models[':model'].versions[':version'];
  const args = routeArguments(wanted);
  const init = { init: { signal } };
  const rendered = renderStimulus(service, model, chosen, signal);
  if (model.card.architecture.attention === 'none') {
    const answer = service.json(routes.readout.$post(args, init));
    const [{ value, request }, stimulus] = await Promise.all([answer, rendered]);
    return { rendered: stimulus, attention: null, readout: value, request };
  }
  const answer = service.json(routes.attention.$post(args, init));
  const [{ value, request }, stimulus] = await Promise.all([answer, rendered]);
  return { rendered: stimulus, attention: value, readout: value, request };
}

/**
 * Requests the gradients.
 * @returns null where the network was imported without its gradient
 * @throws Problem
 */
export async function fetchGradients(
  wanted: InterpretationRequest,
  signal: AbortSignal,
): Promise<Gradients | null> {
  const { service, model, chosen, neurons } = wanted;
  if (!hasGradient(model.card)) return null;
  const route = service.client.v1.models[':model'].versions[':version'].gradient;
  const headers = { Accept: 'application/x-npy' };
  const [{ value, request }, rendered] = await Promise.all([
    service.npy(route.$post(routeArguments(wanted), { headers, init: { signal } })),
    renderStimulus(service, model, chosen, signal),
  ]);
  const axes = imageAxes(rendered);
  const size = rendered.pixels.length;
  // The page shows the first frame of a sequence.
  const data = Float32Array.from(value.data.subarray(0, neurons.length * size));
  const maps = neurons.map((neuron, i) =>
    gradientMap(neuron, overChannels(data.subarray(i * size, (i + 1) * size), rendered.channels)),
  );
  return { rendered, maps, array: { data, shape: [neurons.length, ...axes] }, request };
}

/** Sums the gradient over the channels of each pixel: what a brighter pixel changes. */
function overChannels(gradient: Float32Array, channels: number): Float32Array {
  return Float32Array.from({ length: gradient.length / channels }, (_, i) =>
    gradient.subarray(i * channels, (i + 1) * channels).reduce((sum, value) => sum + value, 0),
  );
}

function routeArguments({ model, chosen, neurons }: InterpretationRequest) {
  const query = { neurons: neurons.join(',') };
  return { param: model.param, query, json: stimuliBody(chosen) };
}

function gradientMap(neuron: number, gradient: Float32Array): GradientMap {
  const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const shares = gradient.map((value) => (largest > 0 ? value / largest : 0));
  return { neuron, largest, shares };
}
