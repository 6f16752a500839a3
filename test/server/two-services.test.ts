import { afterEach, expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { SMALLEST_SIDE, saveConstantModel } from '../support/saved-models.js';
import { type RunningService, startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { detailOf } from '../support/stored-sets.js';

const services: RunningService[] = [];
afterEach(() => {
  for (const { child } of services.splice(0)) child.kill('SIGKILL');
});

async function start(models: string, data: string): Promise<RunningService> {
  const folders = { MODELS_DIR: models, DATA_DIR: data };
  const service = await startService({ ...folders, GRACE_SECONDS: '0' });
  services.push(service);
  return service;
}

test('a second service on one DATA_DIR has no jobs until the first is killed, and the rest works', async () => {
  const [models, data] = [await temporaryFolder(), await temporaryFolder()];
  await saveConstantModel(models, 'constant');
  const first = await start(models, data);
  const posted = await fetch(`${first.url}/v1/models/constant/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify({ restarts: 16, steps: 2000 }),
  });
  const place = posted.headers.get('Location')!;
  const second = await start(models, data);
  const reason = `another service has them, process ${first.child.pid} on this host since `;
  expect(second.stdout()).toContain(`jobs    none: ${reason}`);
  expect(second.stderr()).toContain(`"msg":"no jobs: ${reason}`);
  expect(await detailOf(fetch(`${second.url}/v1/jobs`))).toContain(
    `503 no job can be kept: ${reason}`,
  );
  expect(await (await fetch(first.url + place)).json()).toMatchObject({ state: 'running' });
  const one = new Float32Array(SMALLEST_SIDE ** 2).fill(0.5);
  const body = new Uint8Array(encodeNpy(one, [1, SMALLEST_SIDE, SMALLEST_SIDE]));
  const uploaded = await fetch(`${second.url}/v1/stimulus-sets`, { method: 'PUT', body });
  const { digest } = (await uploaded.json()) as { digest: string };
  expect((await fetch(`${first.url}/v1/stimulus-sets/${digest}`)).status).toBe(200);
  const predicting = { method: 'POST', body };
  const predicted = await fetch(`${second.url}/v1/models/constant/responses`, predicting);
  expect(predicted.status).toBe(200);

  await first.kill();
  await expect.poll(async () => (await fetch(second.url + place)).status).toBe(200);
  expect(await (await fetch(second.url + place)).json()).toMatchObject({ state: 'interrupted' });
  expect(second.stderr()).toContain('the service that had the jobs has ended; they are taken over');
});
