import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { pageTest } from '../support/browser.js';

let folder = '';

/** The demo model, and the same under another name. */
const { test, browsing } = pageTest(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-tuning-'));
  for (const name of ['demo', 'twin']) {
    await cp('models/demo', path.join(folder, name), { recursive: true });
    const file = path.join(folder, name, '1', 'card.json');
    const card = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...card, name }));
  }
  return { MODELS_DIR: folder };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Index {
  readonly value: number | null;
  readonly reason?: string;
}

async function measured(body: object): Promise<Record<string, Index>> {
  const answer = await fetch(`${browsing.service.url}/v1/models/demo/tuning/parametric`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { neurons } = (await answer.json()) as { neurons: { indices: Record<string, Index> }[] };
  return neurons[0]!.indices;
}

/** The grating that a neuron prefers by the quick measurement, with the digits that the page shows. */
async function preferred(neuron: number) {
  const answer = await fetch(`${browsing.service.url}/v1/models/demo/quick-measurement`, {
    method: 'POST',
    body: JSON.stringify({ neurons: [neuron] }),
  });
  const { neurons } = (await answer.json()) as {
    neurons: { preferred: { [name in 'x' | 'y' | 'orientation' | 'spatialFrequency']: number } }[];
  };
  const { x, y, orientation, spatialFrequency } = neurons[0]!.preferred;
  const tenth = (value: number) => Math.round(10 * value) / 10;
  const presented = {
    x: tenth(x),
    y: tenth(y),
    orientation: tenth(orientation),
    spatialFrequency: Number(spatialFrequency.toPrecision(3)),
  };
  return {
    presented,
    args: `${presented.orientation}°, ${presented.spatialFrequency} cycles/pixel`,
  };
}

test('orientation tuning is drawn both ways with the indices of the service', async () => {
  const page = await browsing.open('?model=demo&view=tuning&neurons=9');
  await page.getByRole('img', { name: /^Orientation tuning of neuron 9: response over/ }).waitFor();
  await page.getByRole('img', { name: /^Orientation tuning of neuron 9, in polar/ }).waitFor();
  const { x, y, spatialFrequency } = (await preferred(9)).presented;
  const { gOSI } = await measured({
    neurons: [9],
    parameter: 'orientation',
    stimulus: { grating: { x, y, spatialFrequency, contrast: 0.8, diameter: 20 } },
  });
  const table = page.getByRole('table', { name: 'Indices' });
  expect(await table.innerText()).toContain(Number(gOSI!.value).toPrecision(4));
  await page.getByRole('table', { name: 'Fits' }).getByText('von Mises: kappa').waitFor();
  expect(browsing.complaints).toEqual([]);
});

test.each([
  ['Direction', /^Direction tuning/],
  ['Spatial frequency', /^Spatial frequency tuning/],
  ['Size', /^Size tuning/],
  ['Contrast', /^Contrast response/],
  ['Position map', /^Position map of neuron 4, all/],
])('%s is measured, drawn and named in the address', async (kind, name) => {
  const page = await browsing.open('?model=demo&view=tuning&neurons=4');
  await page.getByRole('radio', { name: kind, exact: true }).check({ force: true });
  await page.getByRole('img', { name }).first().waitFor();
  await page.getByRole('table', { name: 'Indices' }).first().waitFor();
  await expect.poll(() => page.url()).toContain('tuning=');
  const shared = page.url();
  await page.goto(shared);
  await page.getByRole('img', { name }).first().waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('undefined values are described in words', async () => {
  const page = await browsing.open('?model=demo&view=tuning&tuning=diameter&neurons=4&x=24&y=24');
  const indices = await measured({
    neurons: [4],
    parameter: 'diameter',
    stimulus: { grating: { x: 24, y: 24, contrast: 0.8 } },
  });
  const [, undefinedOne] = Object.entries(indices).find(([, { value }]) => value === null)!;
  const table = page.getByRole('table', { name: 'Indices' });
  await table.waitFor();
  const text = (await table.innerText()).toLowerCase();
  expect(text).toContain(undefinedOne.reason!.toLowerCase());
  expect(text).not.toMatch(/nan|null/);
  expect(browsing.complaints).toEqual([]);
});

test('several neurons and models are overlaid', async () => {
  const page = await browsing.open('?model=demo&view=tuning&neurons=4,9');
  await page.getByRole('group', { name: 'Compare with' }).getByLabel('twin/1').check();
  const table = page.getByRole('table', { name: 'Indices' });
  await expect.poll(() => table.getByRole('columnheader').count()).toBeGreaterThanOrEqual(4);
  await expect.poll(() => new URL(page.url()).searchParams.get('compare')).toBe('twin/1');
  expect(browsing.complaints).toEqual([]);
});

test('each of several neurons is measured at its preferred grating, and the labels say which', async () => {
  const swept: { neurons: number[]; stimulus: { grating: object } }[] = [];
  const page = await browsing.open('?model=demo&view=neurons&neurons=4,9');
  page.on('request', (request) => {
    if (request.url().endsWith('/tuning/parametric')) swept.push(request.postDataJSON());
  });
  await page.goto(`${browsing.service.url}/?model=demo&view=tuning&tuning=diameter&neurons=4,9`);
  await page.getByRole('img', { name: /^Size tuning of neuron 4, neuron 9/ }).waitFor();
  for (const neuron of [4, 9]) {
    const { presented, args } = await preferred(neuron);
    expect(swept).toContainEqual(
      expect.objectContaining({
        neurons: [neuron],
        stimulus: { grating: { ...presented, contrast: 0.8 } },
      }),
    );
    await page.getByRole('img', { name: `neuron ${neuron}: ${args}`, exact: true }).waitFor();
    const own = page.getByRole('listitem').filter({ hasText: `Neuron ${neuron}` });
    expect(await own.innerText()).toContain('quick measurement');
  }
  await page.getByText(/^Each neuron sees its preferred grating from the quick/).waitFor();
  const table = page.getByRole('table', { name: 'Indices' });
  await table.getByText('Surround suppression (SSI), of the curve').waitFor();
  await page.getByRole('radio', { name: 'The same for all' }).check({ force: true });
  await expect.poll(() => swept.at(-1)?.neurons).toEqual([4, 9]);
  expect(browsing.complaints).toEqual([]);
});

test('the modulation ratio states the grating at which it was measured', async () => {
  const page = await browsing.open('?model=demo&view=tuning&tuning=orientation&neurons=4');
  const row = page.getByRole('row').filter({ hasText: 'F1/F0' });
  await row.getByText(/^at \d+°$/).waitFor();
  await page.getByText(/^These indices are from this measurement\./).waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('a grating is moved to the receptive field of a neuron', async () => {
  const page = await browsing.open('?model=demo&view=tuning&neurons=4&grating=same');
  await page.getByRole('button', { name: 'Centre on neuron 4' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('x')).not.toBeNull();
  const truth = await fetch(`${browsing.service.url}/v1/models/demo/receptive-field?neurons=4`, {
    method: 'POST',
  });
  const { neurons } = (await truth.json()) as {
    neurons: { indices: { centreX: { value: number } } }[];
  };
  const x = Number(new URL(page.url()).searchParams.get('x'));
  expect(Math.abs(x - neurons[0]!.indices.centreX.value)).toBeLessThanOrEqual(0.5);
  expect(browsing.complaints).toEqual([]);
});

test('rank tuning of a set to try is drawn, then next to real responses', async () => {
  const page = await browsing.open('?model=demo&view=tuning&tuning=rank&neurons=4');
  await page.getByRole('button', { name: 'Make a set to try' }).click();
  await page.getByRole('img', { name: /^Rank tuning of neuron 4/ }).waitFor();
  await page.getByRole('heading', { name: 'Strongest stimuli, neuron 4' }).waitFor();
  const set = new URL(page.url()).searchParams.get('set')!;
  const asked = await fetch(`${browsing.service.url}/v1/models/demo/tuning/rank?neurons=4`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ stimulusSet: set }),
  });
  const { neurons, stimuli } = (await asked.json()) as {
    neurons: { order: number[]; predicted: number[] }[];
    stimuli: unknown[];
  };
  const [best] = neurons[0]!.order;
  await page.getByRole('button', { name: `Stimulus ${best}`, exact: true }).waitFor();
  const real = new Float64Array(stimuli.length * 16);
  for (const [rank, stimulus] of neurons[0]!.order.entries()) {
    real[stimulus * 16 + 4] = neurons[0]!.predicted[rank]!;
  }
  await page.getByLabel(/^Optional: \.npy of \(stimuli, all neurons/).setInputFiles({
    name: 'real.npy',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(encodeNpy(real, [stimuli.length, 16])),
  });
  const table = page.getByRole('table', { name: 'Rank and peak' });
  // These are responses of the model itself, which it predicts.
  await expect
    .poll(() => table.getByRole('row').filter({ hasText: 'CORR' }).innerText())
    .toMatch(/\b1(\.0+)?\b/);
  expect(browsing.complaints).toEqual([]);
});
