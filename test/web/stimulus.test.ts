import sharp from 'sharp';
import { expect } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

async function responsesTo(body: object): Promise<number[]> {
  const answer = await fetch(`${browsing.service.url}/v1/models/demo/responses`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return ((await answer.json()) as { responses: number[][] }).responses[0]!;
}

test('a slider changes the picture and the responses, which are those of the service', async () => {
  const page = await browsing.open('?view=stimulus&neurons=7');
  const output = page.getByLabel('Response of neuron 7');
  await output.waitFor();
  const stimulusIn = () => {
    const text = new URL(page.url()).searchParams.get('stimulus');
    return text === null ? undefined : (JSON.parse(text) as { entry: { grating: object } });
  };
  await page.getByRole('slider', { name: /^Orientation/ }).fill('70');
  await expect.poll(() => stimulusIn()?.entry.grating).toMatchObject({ orientation: 70 });
  const expected = await responsesTo({ stimuli: [stimulusIn()!.entry] });
  await expect.poll(() => output.innerText()).toBe(expected[7]!.toFixed(3));
  const strip = page.getByRole('img', { name: /^Responses of 16 neurons/ });
  const strongest = expected.indexOf(Math.max(...expected));
  await expect
    .poll(() => strip.getAttribute('aria-label'))
    .toContain(`neuron ${strongest} responds most`);
  expect(browsing.complaints).toEqual([]);
});

test('the displayed pixels are those that the network sees', async () => {
  const entry = { gabor: { orientation: 30, contrast: 0.5, x: 4, y: -3 } };
  const text = encodeURIComponent(JSON.stringify({ entry }));
  const page = await browsing.open(`?view=stimulus&stimulus=${text}`);
  const canvas = page.getByRole('img', { name: 'The stimulus, pixel by pixel' });
  await canvas.waitFor();
  const presented = await page.evaluate<number[]>(
    `[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 50, 50).data]
      .filter((_, i) => i % 4 === 0)`,
  );
  const rendered = await fetch(`${browsing.service.url}/v1/models/demo/stimuli`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/x-npy' },
    body: JSON.stringify(entry),
  });
  const { data } = decodeNpy(new Uint8Array(await rendered.arrayBuffer()));
  expect(presented).toEqual(Array.from(data, (value) => Math.round(255 * value)));
  expect(browsing.complaints).toEqual([]);
});

test('a dropped image is stored, shown, and named by the address', async () => {
  const page = await browsing.open('?view=stimulus');
  await page.getByLabel('Or drop an image here').setInputFiles('docs/example.png');
  await expect.poll(() => page.url()).toContain('set');
  await page.getByLabel('Set', { exact: true }).waitFor();
  const { set } = JSON.parse(new URL(page.url()).searchParams.get('stimulus')!) as { set: string };
  const expected = await responsesTo({ stimulusSet: set });
  const output = page.getByLabel('Response of neuron 2');
  await expect.poll(() => output.innerText()).toBe(expected[2]!.toFixed(3));
  await page.reload();
  await expect.poll(() => output.innerText()).toBe(expected[2]!.toFixed(3));
  expect(browsing.complaints).toEqual([]);
});

test('a photo is cut to its centre by default, resized by choice, and keeps its name', async () => {
  const colours = Uint8Array.from({ length: 120 * 100 * 3 }, (_, i) => (i * 31) % 256);
  const photo = await sharp(colours, { raw: { width: 120, height: 100, channels: 3 } })
    .jpeg()
    .toBuffer();
  const page = await browsing.open('?view=stimulus');
  const field = page.getByLabel('Or drop an image here');
  await field.setInputFiles({ name: 'tree.jpg', mimeType: 'image/jpeg', buffer: photo });
  const stored = async () => {
    await expect.poll(() => page.url()).toContain('tree.jpg');
    return (JSON.parse(new URL(page.url()).searchParams.get('stimulus')!) as { set: string }).set;
  };
  const setOf = async (fit: string) => {
    const url = `${browsing.service.url}/v1/stimulus-sets?height=50&width=50&channels=1&fit=${fit}`;
    const headers = { 'Content-Type': 'image/jpeg' };
    const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(photo) });
    return ((await answer.json()) as { digest: string }).digest;
  };
  expect(await stored()).toBe(await setOf('crop'));
  await page.getByRole('img', { name: 'The original, tree.jpg' }).waitFor();
  await page.getByRole('radio', { name: 'Resize' }).check({ force: true });
  await expect.poll(stored).toBe(await setOf('resize'));
  await expect
    .poll(() => page.getByLabel('Set', { exact: true }).locator('option:checked').innerText())
    .toMatch(/^tree\.jpg: 1 stimulus/);
  const text = Buffer.from('hello');
  await field.setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: text });
  await page
    .getByRole('alert')
    .getByText(/^notes\.png cannot be used: .* The previous stimulus is still on display\.$/)
    .waitFor();
});

test('an image of other proportions is rejected when resized, and stretched by choice', async () => {
  const wide = await sharp({ create: { width: 150, height: 50, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const page = await browsing.open('?view=stimulus');
  await page.getByRole('radio', { name: 'Resize' }).check({ force: true });
  const field = page.getByLabel('Or drop an image here');
  await field.setInputFiles({ name: 'wide.png', mimeType: 'image/png', buffer: wide });
  await page
    .getByRole('alert')
    .getByText(/^wide\.png cannot be used: .*fit=stretch/)
    .waitFor();
  await page.getByRole('radio', { name: 'Stretch' }).check({ force: true });
  await expect.poll(() => page.url()).toContain('wide.png');
});

test('a stimulus that cannot be presented is reported, and the next one is presented', async () => {
  const page = await browsing.open('?view=stimulus');
  await page.getByLabel('Kind').selectOption('other');
  const field = page.getByRole('textbox', { name: /^For example/ });
  await field.fill('{"grating": {"size": 3}}');
  await page.getByRole('button', { name: 'Show it' }).click();
  await page
    .getByRole('alert')
    .getByText(/unknown key: /)
    .waitFor();
  await field.fill('{"plaid":');
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByText(/This is not JSON/).waitFor();
  await field.fill('{"plaid": {}}');
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByRole('img', { name: 'The stimulus, pixel by pixel' }).waitFor();
  // This is the one request that was rejected.
  expect(browsing.complaints).toEqual([expect.stringContaining('422')]);
});

test('a click on a bar shows its neuron large', async () => {
  const page = await browsing.open('?view=stimulus&neurons=2');
  const strip = page.getByRole('img', { name: /^Responses of 16 neurons/ });
  await strip.locator('.pick').nth(9).click();
  await page.getByLabel('Response of neuron 9').waitFor();
  await page.getByRole('button', { name: 'Remove neuron 2' }).click();
  await page.getByRole('heading', { name: 'Neuron 9' }).waitFor();
  const picker = page.getByLabel('Add neurons by their ids');
  await picker.fill('99');
  await picker.press('Enter');
  await page.getByText('The model has no neuron 99: its ids are 0 to 15.').waitFor();
  expect(browsing.complaints).toEqual([]);
});
