import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { secretDigest } from '../../src/server/middleware/api-keys.js';
import { measureNeurons, pageTest } from '../support/browser.js';
import { startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';

const { test, browsing } = pageTest();
const folder = sharedFolder();

test('the transfer of the first view takes less than 300 kB', async () => {
  await measureNeurons(browsing);
  const page = await browsing.open('?view=neurons');
  await page.getByRole('region', { name: "The model's card" }).waitFor();
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.reload();
  await page.getByRole('img', { name: 'Orientation tuning of neuron 13' }).waitFor();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThan(300_000);
  expect(browsing.complaints).toEqual([]);
});

test('the status strip shows the state of the service', async () => {
  const page = await browsing.open('?view=stimulus');
  const strip = page.getByRole('contentinfo');
  await strip.getByText('● ready').waitFor();
  await strip.getByText(/engine onnx/).waitFor();
  await strip.getByText(/last minute: [\d,]+ stimuli computed/).waitFor();
  const { models } = (await (await fetch(`${browsing.service.url}/v1/models`)).json()) as {
    models: { digest: string }[];
  };
  expect(await strip.innerText()).toContain(models[0]!.digest.slice(0, 12));
  expect(browsing.complaints).toEqual([]);
});

test('the strip counts the stimuli of a sweep, and shows no times without requests for responses', async () => {
  const page = await browsing.open('?view=tuning&tuning=rank');
  const strip = page.getByRole('contentinfo');
  await strip.getByText(/last minute: 0 stimuli computed/).waitFor();
  const swept = await fetch(`${browsing.service.url}/v1/models/demo/tuning/parametric?neurons=3`, {
    method: 'POST',
  });
  const { stimuli } = (await swept.json()) as { stimuli: unknown[] };
  // The additional stimulus is the blank.
  await strip.getByText(`last minute: ${stimuli.length + 1} stimuli computed`).waitFor();
  expect(await strip.innerText()).not.toContain('p50');
  expect(browsing.complaints).toEqual([]);
});

test('the choice of light or dark is kept', async () => {
  const page = await browsing.open('', { colorScheme: 'light' });
  const theme = () => page.evaluate<string>('document.documentElement.dataset.theme');
  await page.getByLabel('Colours', { exact: true }).selectOption('dark');
  await expect.poll(theme).toBe('dark');
  await page.reload();
  await expect.poll(theme).toBe('dark');
  expect(browsing.complaints).toEqual([]);
});

test('where keys are needed the page asks for one, and its stream sends it too', async () => {
  const keys = path.join(folder, 'keys');
  const line = { name: 'eyes', sha256: secretDigest('hc_secret'), scopes: ['predict'] };
  await writeFile(keys, JSON.stringify(line), { mode: 0o600 });
  const service = await startService({ ENGINE: 'onnx', API_KEYS_FILE: keys });
  try {
    const page = await browsing.open('?view=stimulus', { at: service.url });
    await page.getByLabel('Key', { exact: true }).fill('hc_wrong');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('The key was not accepted').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('hc_secret');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByLabel('Response of neuron 2').waitFor();
    await page.getByText('figures need a key with the scope metrics').waitFor();
    const { complaints } = browsing;
    expect(complaints.filter((complaint) => !/status of 40[13]/.test(complaint))).toEqual([]);
    expect(page.url()).not.toContain('secret');
  } finally {
    service.child.kill('SIGKILL');
  }
});

test('a service that is lost is reported, and found again when it is back', async () => {
  const first = await startService({ ENGINE: 'onnx' });
  const page = await browsing.open('?view=stimulus', { at: first.url });
  await page.getByLabel('Response of neuron 2').waitFor();
  await first.kill();
  await page.reload().catch(() => {}); // Without a service the page cannot be loaded either.
  const second = await startService({ ENGINE: 'onnx', PORT: new URL(first.url).port });
  try {
    await page.goto(`${second.url}/?view=stimulus`);
    await page.getByLabel('Response of neuron 2').waitFor();
    await second.kill();
    await page.getByRole('slider', { name: /^Orientation/ }).fill('20');
    await page.getByRole('alert').getByText('The service does not answer').waitFor();
    const third = await startService({ ENGINE: 'onnx', PORT: new URL(first.url).port });
    try {
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByLabel('Response of neuron 2').waitFor();
    } finally {
      third.child.kill('SIGKILL');
    }
  } finally {
    second.child.kill('SIGKILL');
  }
});

test('without a model the page says what to do', async () => {
  const service = await startService({ ENGINE: 'onnx', MODELS_DIR: folder });
  try {
    const page = await browsing.open('', { at: service.url });
    await page.getByText('No model is served yet').waitFor();
    expect(browsing.complaints).toEqual([]);
  } finally {
    service.child.kill('SIGKILL');
  }
});
