import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { type ChosenStimulus, stimuliBody } from '../stimulus/chosen-stimulus.js';
import { type ShownStimulus, showStimulus } from '../stimulus/shown-stimulus.js';
import type { AttentionAnswer, ReadoutAnswer } from './answers.js';

/** What goes on at a stimulus, in some neurons. */
export interface InsideLook {
  readonly shown: ShownStimulus;
  /** null where the networks have none. */
  readonly attention: AttentionAnswer | null;
  readonly readout: ReadoutAnswer;
  readonly request: SentRequest;
}

/** Of one neuron, what each pixel changes of the response. */
export interface GradientMap {
  readonly neuron: number;
  /** The largest, whether up or down. */
  readonly largest: number;
  /** As shares of the largest, row by row. */
  readonly shares: Float32Array;
}

export interface Gradients {
  readonly shown: ShownStimulus;
  readonly maps: readonly GradientMap[];
  readonly array: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly request: SentRequest;
}

export interface InsideQuestion {
  readonly service: Service;
  readonly model: ChosenModel;
  readonly chosen: ChosenStimulus;
  readonly neurons: readonly number[];
}

/** Asks where the centre attends, and what centre and surround add. @throws Problem */
export async function askLook(question: InsideQuestion, signal: AbortSignal): Promise<InsideLook> {
  const { service, model, chosen } = question;
  const routes = service.client.v1.models[':model'].versions[':version'];
  const asked = requestOf(question);
  const init = { init: { signal } };
  const shown = showStimulus(service, model, chosen, signal);
  if (model.card.architecture.attention === 'none') {
    const answer = service.json(routes.readout.$post(asked, init));
    const [{ value, request }, stimulus] = await Promise.all([answer, shown]);
    return { shown: stimulus, attention: null, readout: value, request };
  }
  const answer = service.json(routes.attention.$post(asked, init));
  const [{ value, request }, stimulus] = await Promise.all([answer, shown]);
  return { shown: stimulus, attention: value, readout: value, request };
}

/** Asks what each pixel changes. @throws Problem */
export async function askGradients(
  question: InsideQuestion,
  signal: AbortSignal,
): Promise<Gradients> {
  const { service, model, chosen, neurons } = question;
  const route = service.client.v1.models[':model'].versions[':version'].gradient;
  const headers = { Accept: 'application/x-npy' };
  const [{ value, request }, shown] = await Promise.all([
    service.npy(route.$post(requestOf(question), { headers, init: { signal } })),
    showStimulus(service, model, chosen, signal),
  ]);
  const { height, width } = shown;
  const size = height * width;
  // of a sequence, the first frame
  const data = Float32Array.from(value.data.subarray(0, neurons.length * size));
  const maps = neurons.map((neuron, i) => mapOf(neuron, data.subarray(i * size, (i + 1) * size)));
  return { shown, maps, array: { data, shape: [neurons.length, height, width] }, request };
}

function requestOf({ model, chosen, neurons }: InsideQuestion) {
  const query = { neurons: neurons.join(',') };
  return { param: model.param, query, json: stimuliBody(chosen) };
}

function mapOf(neuron: number, gradient: Float32Array): GradientMap {
  const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const shares = gradient.map((value) => (largest > 0 ? value / largest : 0));
  return { neuron, largest, shares };
}
