import { expect } from 'vitest';
import type { IngestReport } from '../../src/datasets/ingest-request.js';
import type { TrainingCurves } from '../../src/datasets/train-request.js';
import { temporaryFolder } from './store.js';
import { startTestService } from './test-service.js';
import { postJson, type Send, smallSite, upload } from './training.js';

/** Starts a service that trains. */
export const startTrainingService = async (environment: Record<string, string>) => {
  const service = await startTestService({ ALLOW_TRAINING: '1', ...environment });
  const send: Send = (place, init) => fetch(service.url + place, init);
  return { ...service, send };
};

/** Waits for the end of a job. @returns its events as text */
export const events = async (send: Send, id: string) =>
  (await send(`/v1/jobs/${id}/events`)).text();

/** Posts a job of data. @returns its id */
export async function postJob(send: Send, place: string, body: unknown): Promise<string> {
  const answer = await postJson(send, place, body);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

/** The first file of a result. */
export const readReport = async <Report>(send: Send, id: string) =>
  (await (await send(`/v1/jobs/${id}/result`)).json()) as Report;

/** Makes a dataset of a small recording. */
export async function ingestSmall(send: Send): Promise<IngestReport> {
  const { digest } = await upload(send, await smallSite(await temporaryFolder()));
  const id = await postJob(send, `/v1/recordings/${digest}/ingest`, {});
  expect(await events(send, id)).toContain('"succeeded"');
  const sheet = await send(`/v1/jobs/${id}/result?part=sheet.png`);
  expect(Buffer.from(await sheet.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
  return await readReport<IngestReport>(send, id);
}

/** Waits until a training has done an epoch. */
export async function firstEpoch(send: Send, id: string): Promise<void> {
  const answer = await send(`/v1/jobs/${id}/events`);
  let text = '';
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const previews = text.matchAll(/event: preview\ndata: (.*)\n/g);
    for (const [, data] of previews) {
      const { curves } = JSON.parse(data!) as TrainingCurves;
      if (curves.some(({ CORR }) => CORR.length > 0)) return;
    }
  }
  throw new Error(`the job ended: ${text}`);
}
