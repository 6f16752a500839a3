import { expect } from 'vitest';
import { NeuronTuning } from '../../src/tuning/parametric.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { energyEngine, energyModel } from '../support/energy-model.js';

export const ROUTE = '/v1/models/energy/tuning/parametric';

/** An app whose neurons have a known tuning. */
export function energyApp(options: TestAppOptions = {}) {
  const limits = { maxStimuli: 5000, ...options.limits };
  const model = options.served?.[0] ?? energyModel();
  return createTestApp({
    engine: energyEngine(),
    capacity: 5000,
    ...options,
    served: [model],
    limits,
  });
}

export interface Answer {
  readonly neurons: (NeuronTuning & { readonly id: number })[];
  readonly stimuli: Record<string, unknown>[];
  readonly [field: string]: unknown;
}

/** The response to a parametric tuning request, checked against its schema. */
export async function measure(
  body: object | undefined,
  { app } = energyApp(),
  query = '',
): Promise<Answer> {
  const request = { method: 'POST', ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await app.request(`${ROUTE}${query}`, request);
  const answer = (await response.json()) as Answer;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  for (const { id: _, ...tuning } of answer.neurons)
    expect(NeuronTuning.parse(tuning)).toEqual(tuning);
  return answer;
}

/** The problem with which a parametric tuning request is rejected before anything is computed. */
export async function rejected(body: object, app = energyApp()) {
  const request = { method: 'POST', body: JSON.stringify(body) };
  const response = await app.app.request(ROUTE, request);
  expect(app.engine.requests).toEqual([]);
  return { status: response.status, ...((await response.json()) as { detail: string }) };
}
