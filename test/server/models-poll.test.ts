import { mkdir, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';
import { requestResponses, startTestService } from '../support/test-service.js';

test('a volume of Kubernetes is swapped, and the service serves its new version alone', async () => {
  const models = await temporaryFolder();
  const [first, second] = ['..2026_11_28', '..2026_11_29'].map((time) => path.join(models, time));
  await saveConstantModel(first!, 'v1');
  await mkdir(second!);
  for (const _ of [1, 2]) await saveConstantModel(second!, 'v1');
  await rename(path.join(second!, 'v1', '1'), path.join(models, '..unused'));
  await symlink('..2026_11_28', path.join(models, '..data'));
  await symlink('..data/v1', path.join(models, 'v1'));
  const { url } = await startTestService({ MODELS_DIR: models, MODELS_POLL: '1' });
  const answer = async () => (await (await requestResponses(url, 'v1')).json()) as object;
  expect(await answer()).toMatchObject({ model: { version: 1 }, responses: [[1, 2, 3, 4]] });
  await symlink('..2026_11_29', path.join(models, '..data_tmp'));
  await rename(path.join(models, '..data_tmp'), path.join(models, '..data'));
  await expect
    .poll(answer, { timeout: 20_000 })
    .toMatchObject({ model: { version: 2 }, responses: [[1, 2, 3, 4]] });
  const old = await fetch(`${url}/v1/models/v1/versions/1`);
  expect(old.status).toBe(404);
});
