import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { loadImageLibrary } from '../../src/stimulus/image-library.js';
import { requestResponses, startTestService } from '../support/test-service.js';

/** A module of JavaScript as a URL. */
const moduleOf = (code: string) =>
  `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
/** Makes Node find no package sharp. */
const HOOKS = moduleOf(`export async function resolve(name, context, next) {
  if (name === 'sharp') throw new Error('it has no binary');
  return next(name, context);
}`);
const REGISTER = moduleOf(`import { register } from 'node:module'; register('${HOOKS}');`);

test('a service that cannot load the library of image files starts, and answers all but these', async () => {
  const { url, stderr } = await startTestService({ NODE_OPTIONS: `--import ${REGISTER}` });
  expect((await requestResponses(url)).status).toBe(200);
  const answer = await fetch(`${url}/v1/models/constant/responses`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: await readFile('docs/example.png'),
  });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    detail: expect.stringMatching(/^image files can be neither .*npm install .* as \.npy or JSON$/),
  });
  expect(stderr()).toMatch(/"level":40,.*image files can be neither read nor written/);
});

test('the error of the loader is the cause', async () => {
  const cause = new Error('no binary');
  await expect(loadImageLibrary(() => Promise.reject(cause))).rejects.toMatchObject({
    code: 'no-image-library',
    cause,
  });
});
