import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import { exampleTest, runExample } from '../support/examples.js';
import { startDemo } from '../support/rig-service.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const Output = z.object({
  output_type: z.string(),
  name: z.string().optional(),
  text: Text.optional(),
  data: z
    .object({ 'text/plain': Text.optional(), 'image/png': Text.optional() })
    .partial()
    .optional(),
});
const Notebook = z.object({
  cells: z.array(
    z.object({
      cell_type: z.string(),
      execution_count: z.number().nullish(),
      outputs: z.array(Output).default([]),
    }),
  ),
});
type Notebook = z.infer<typeof Notebook>;

const saved = (name: string) =>
  Notebook.parse(JSON.parse(readFileSync(`${ROOT}examples/notebooks/${name}.ipynb`, 'utf8')));

/** Runs a notebook in a folder, asking a service. @returns it with its outputs */
async function execute(
  name: string,
  folder: string,
  url: string,
  parameters: readonly string[] = [],
): Promise<Notebook> {
  const out = join(folder, 'out.ipynb');
  const words = [`examples/notebooks/${name}.ipynb`, folder, out, ...parameters];
  const environment = { HYPERCOLUMN_URL: url, MPLBACKEND: '' };
  await runExample(['test/examples/run_notebook.py', ...words], { environment });
  return Notebook.parse(JSON.parse(await readFile(out, 'utf8')));
}

const outputs = ({ cells }: Notebook) => cells.flatMap((cell) => cell.outputs);

/** What the cells printed. */
const printed = (notebook: Notebook) =>
  outputs(notebook)
    .map(({ text = '' }) => text)
    .join('');

/** The last text of each progress bar. */
const bars = (notebook: Notebook) =>
  outputs(notebook).flatMap(({ data }) => {
    const text = data?.['text/plain'] ?? '';
    return text.includes('[#') ? [text] : [];
  });

const numbers = (text: string) => [...text.matchAll(/-?\d+\.?\d*(?:e-?\d+)?/g)].map(Number);

exampleTest('the notebook of the demo model prints what it was saved with', async () => {
  const { url } = await startDemo();
  const notebook = await execute('demo', await temporaryFolder(), url);
  const [found, expected] = [notebook, saved('demo')].map((each) => numbers(printed(each)));
  expect(found!.length).toBe(expected!.length);
  // Numbers are printed with 3 digits after the point, and another machine rounds float32 differently.
  for (const [i, value] of expected!.entries())
    expect(Math.abs(found![i]! - value)).toBeLessThan(0.0021);
  expect(outputs(notebook).filter(({ name }) => name === 'stderr')).toEqual([]);
  expect(bars(notebook)).toEqual([
    expect.stringMatching(/^characterize \[#{30}\] (\d+)\/\1, succeeded$/),
    expect.stringMatching(/^preferred-stimulus \[#{30}\] (\d+)\/\1, succeeded$/),
  ]);
});

exampleTest('the notebook of a recording goes from its files to preferred stimuli', async () => {
  const [folder, models, data] = await Promise.all([
    temporaryFolder(),
    temporaryFolder(),
    temporaryFolder(),
  ]);
  const site = join(folder, 'site');
  await mkdir(site);
  const options = { site: 'synthetic', seed: 1, neurons: 2, images: 100, validation: 20 };
  await writeSite(site, synthesizeSite({ ...options, repeats: 2, surround: true }));
  const { url } = await startTestService({
    ...{ MODELS_DIR: models, DATA_DIR: data, ALLOW_TRAINING: '1', ENGINE: 'onnx' },
  });
  const notebook = await execute('recording', folder, url, ['EPOCHS = 1', 'NEURONS = 1']);
  expect(printed(notebook)).toContain('responses: synthetic: 2 of 2 neurons');
  expect(bars(notebook).map((text) => text.split(' ')[0])).toEqual([
    'ingest',
    'train',
    'preferred-stimulus',
  ]);
  expect(outputs(notebook).filter(({ data }) => data?.['image/png'])).toHaveLength(4);
});

test.each(['demo', 'recording'])('the notebook %s was saved with its outputs, in order', (name) => {
  const code = saved(name).cells.filter(({ cell_type }) => cell_type === 'code');
  expect(code.map((cell) => cell.execution_count)).toEqual(code.map((_, i) => i + 1));
  expect(code.flatMap((cell) => cell.outputs).map((output) => output.output_type)).not.toContain(
    'error',
  );
});

test.each(readdirSync(`${ROOT}docs/notebooks`))(
  'the picture docs/notebooks/%s is an output of its notebook',
  (file) => {
    const name = file.split('-')[0]!;
    const pictures = outputs(saved(name)).flatMap(({ data }) => data?.['image/png']?.trim() ?? []);
    const picture = readFileSync(`${ROOT}docs/notebooks/${file}`).toString('base64');
    expect(pictures.map((each) => each.replaceAll('\n', ''))).toContain(picture);
  },
);
