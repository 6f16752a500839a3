import { expect } from 'vitest';
import { createTestApp, type TestAppOptions } from './app.js';
import { IN_JSON, INFER, jsonRequest } from './protocol.js';

/** Sends a bad request and then a good one. @returns the error on one line */
export async function rejection(request: RequestInit, path = INFER, options: TestAppOptions = {}) {
  const { app, engine, scheduler } = createTestApp(options);
  const answer = await app.request(path, request);
  expect(answer.headers.get('Content-Type')).toBe('application/json');
  const { error, ...rest } = (await answer.json()) as { error: string };
  expect(rest).toEqual({});
  expect(engine.requests).toHaveLength(0);
  expect(scheduler.depth).toBe(0);
  expect((await app.request(INFER, jsonRequest({ inputs: [IN_JSON] }))).status).toBe(200);
  return `${answer.status} ${error}`;
}

/** An inference request with changed stimuli. */
export const withInput = (change: object) => jsonRequest({ inputs: [{ ...IN_JSON, ...change }] });
