import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/store.js';
import { detailOf } from '../support/stored-sets.js';
import { GRAY_NPY, requestResponses, startTestService } from '../support/test-service.js';

test('a second service on one DATA_DIR has no jobs until the first is killed, and the rest works', async () => {
  const DATA_DIR = await temporaryFolder();
  const first = await startTestService({ DATA_DIR });
  const posted = await fetch(`${first.url}/v1/models/constant/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify({ restarts: 16, steps: 2000 }),
  });
  const place = posted.headers.get('Location')!;
  const second = await startTestService({ DATA_DIR });
  const reason = `another service has them, process ${first.child.pid} on this host since `;
  expect(second.stdout()).toContain(`jobs    none: ${reason}`);
  expect(second.stderr()).toContain(`"msg":"no jobs: ${reason}`);
  expect(await detailOf(fetch(`${second.url}/v1/jobs`))).toContain(
    `503 no job can be kept: ${reason}`,
  );
  expect(await (await fetch(first.url + place)).json()).toMatchObject({ state: 'running' });
  const stored = { method: 'PUT', body: GRAY_NPY };
  const uploaded = await fetch(`${second.url}/v1/stimulus-sets`, stored);
  const { digest } = (await uploaded.json()) as { digest: string };
  expect((await fetch(`${first.url}/v1/stimulus-sets/${digest}`)).status).toBe(200);
  expect((await requestResponses(second.url)).status).toBe(200);

  await first.kill();
  await expect.poll(async () => (await fetch(second.url + place)).status).toBe(200);
  const { state } = (await (await fetch(second.url + place)).json()) as { state: string };
  expect(['queued', 'running']).toContain(state);
  expect(second.stderr()).toContain('the service that had the jobs has ended; they are taken over');
});
