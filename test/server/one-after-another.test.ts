import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { createTestApp } from '../support/app.js';

const URL = '/v1/models/tiny/responses';
/** Two stimuli of 3x2 pixels, whose sums, 1.5 and 3, are their responses of column 0 from the fake engine. */
const NPY = encodeNpy(Float32Array.of(0, 0.25, 0.5, 0, 0.25, 0.5, 1, 0, 1, 0, 1, 0), [2, 3, 2]);

test('what one request asks for is not taken for what the next one does', async () => {
  const { app } = createTestApp();
  const send = (query: string, accept = 'application/json') => {
    const headers = { 'Content-Type': 'application/x-npy', Accept: accept };
    return app.request(`${URL}${query}`, { method: 'POST', body: new Uint8Array(NPY), headers });
  };
  const responses = async (query: string) => {
    const body = (await (await send(query)).json()) as { responses: number[][] };
    return body.responses;
  };
  expect(await responses('?neurons=0')).toEqual([[1.5], [3]]);
  expect(await responses('?neurons=1')).toEqual([[3], [6]]);
  expect((await send('?neurons=0&colour=1')).status).toBe(400);
  expect(await responses('?neurons=0')).toEqual([[1.5], [3]]);
  const [all] = await responses('');
  expect(all!.length).toBeGreaterThan(2);
  for (const type of ['text/csv', 'application/x-npy', 'application/json']) {
    const { headers } = await send('?neurons=0', type);
    expect(headers.get('Content-Type')).toBe(type);
  }
});
