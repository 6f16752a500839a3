import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { StoredRecording } from '../src/datasets/recording.js';

/** Sends data to a service, and waits for the jobs of data. */
export interface DataClient {
  /** Announces a file and sends it in parts. @returns the digest of the recording */
  upload(file: string): Promise<string>;
  /** @throws Error when the answer is an error */
  post<Answer>(place: string, body: unknown): Promise<Answer>;
  /** Posts a job and waits for its end. @returns its report. @throws Error when it fails */
  runJob<Report>(place: string, body: unknown): Promise<Report>;
}

const PART_BYTES = 2 ** 23;
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** @param url of the service, without a slash at its end */
export function createDataClient(url: string): DataClient {
  return {
    async upload(file) {
      const handle = await open(file);
      try {
        const { size } = await handle.stat();
        const hash = createHash('sha256');
        for await (const part of handle.createReadStream({ autoClose: false })) hash.update(part);
        const files = [{ name: path.basename(file), bytes: size, sha256: hash.digest('hex') }];
        let recording = await post<StoredRecording>('/v1/recordings', { files });
        const place = `/v1/recordings/${recording.digest}/files/0`;
        for (let at = 0; at < size; at = recording.files[0]!.received) {
          const part = Buffer.alloc(Math.min(PART_BYTES, size - at));
          await handle.read(part, 0, part.length, at);
          const headers = { 'Upload-Offset': String(at) };
          recording = await send<StoredRecording>(place, { method: 'PATCH', body: part, headers });
        }
        return recording.digest;
      } finally {
        await handle.close();
      }
    },
    post,
    async runJob<Report>(place: string, body: unknown) {
      const { id } = await post<{ id: string }>(place, body);
      const events = await (await fetch(`${url}/v1/jobs/${id}/events`)).text();
      if (!events.includes('"succeeded"')) throw new Error(`${place}: ${events.slice(-1000)}`);
      return await send<Report>(`/v1/jobs/${id}/result?part=report.json`);
    },
  };

  async function post<Answer>(place: string, body: unknown): Promise<Answer> {
    return await send(place, { method: 'POST', body: JSON.stringify(body), headers: JSON_TYPE });
  }

  async function send<Answer>(place: string, init?: RequestInit): Promise<Answer> {
    const answer = await fetch(url + place, init);
    if (!answer.ok) throw new Error(`${place}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }
}
