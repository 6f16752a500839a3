import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { exportModel } from '../../deploy/onnx/export-model.js';
import { NetworkDescription } from '../../src/imports/description.js';
import { importNetwork } from '../../src/imports/import-network.js';
import { openBackend } from '../../src/network/backends/open.js';
import { imageLength } from '../../src/stimulus/stimuli.js';
import { neuronMetrics } from '../../src/tuning/metrics.js';
import { column } from '../../src/tuning/response-matrix.js';
import { responseMatrix } from '../../training/data/recording.js';
import { openSite } from '../../training/data/site.js';
import { createBundleCommand } from '../../training/ensemble/bundle-command.js';
import { createEvaluateCommand } from '../../training/evaluation/evaluate-command.js';
import { saveSmallModel } from '../support/evaluated-models.js';
import { linear, writeNetwork } from '../support/networks.js';
import { SIDE, writeSmallSite } from '../support/sites.js';
import { sharedFolder } from '../support/store.js';

const ENTRY = fileURLToPath(new URL('../../dist/src/imports/measuring-worker.js', import.meta.url));
const IMAGES = 30;

const folder = sharedFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const models = (...names: string[]) => names.flatMap((name) => ['--model', at(name)]);

beforeAll(async () => {
  await writeSmallSite(folder, 10, IMAGES);
  await openBackend('wasm');
  // Two neurons: the sum of the pixels, and three times the first pixel. The graph takes three images; it gets copies of one.
  const file = await writeNetwork(at('net.onnx'), {
    shape: [3, 1, SIDE, SIDE],
    build: (graph, image) => linear(graph, image, SIDE ** 2),
  });
  const said = { source: 'a test', license: 'CC0', neurons: [1, 0] };
  const description = NetworkDescription.parse(said);
  await importNetwork({ file, description, out: at('net') }, { entry: ENTRY });
  await saveSmallModel(at('native'), { architecture: 'rf_cnn', neurons: [0, 1] });
});
beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

async function evaluate(out: string, ...names: string[]): Promise<string> {
  const where = ['--data', folder, '--site', 'small', '--backend', 'wasm', '--out', at(out)];
  await createEvaluateCommand().parseAsync([...models(...names), ...where], { from: 'user' });
  return await readFile(at(out, 'report.html'), 'utf8');
}

test('evaluate scores an imported network by its responses, next to a model of Hypercolumn', async () => {
  const report = await evaluate('report', 'net', 'native');
  expect(report).toContain('Imported networks do not show what their readout adds up: net/1.');
  const table = JSON.parse(await readFile(at('report/table.json'), 'utf8'));
  expect(table.models[0]).toMatchObject({
    ...{ model: 'net/1', architecture: 'onnx', centreShareOfPeak: null },
    data: 'unknown: the parameters were imported from an .onnx file',
  });

  const site = await openSite(folder, 'small');
  const { validation } = site;
  const stimuli = await validation.stimuli([...Array(IMAGES).keys()]);
  await site.close();
  const images = Array.from({ length: IMAGES }, (_, i) =>
    stimuli.pixels.subarray(i * imageLength(stimuli), (i + 1) * imageLength(stimuli)),
  );
  const closed = [
    images.map((image) => image.reduce((sum, pixel) => sum + pixel, 0)),
    images.map((image) => 3 * image[0]! - 1),
  ];
  for (const [i, id] of [1, 0].entries()) {
    const real = column(responseMatrix(validation), id);
    const { corr } = neuronMetrics(real, Float64Array.from(closed[i]!), 1);
    const { id: own, scores } = table.models[0].neurons[i];
    expect(own).toBe(id);
    // The sums of 576 pixels are of single precision.
    expect(scores.CORR.value).toBeCloseTo(corr!, 4);
  }
});

test('the report of imported networks alone has no section of their readout', async () => {
  expect(await evaluate('alone', 'net')).not.toContain('What the readout adds up');
});

test('bundle and export reject an imported network, and say what to do', async () => {
  const bundle = createBundleCommand().exitOverride();
  const args = [...models('net', 'native'), '--out', at('both')];
  await expect(bundle.parseAsync(args, { from: 'user' })).rejects.toThrow(
    'net/1 is an imported network; expected models that train made, or import with --pytorch: export the mean of the ' +
      'networks as one graph instead, and import that',
  );
  await mkdir(at('out'));
  await expect(exportModel(at('net'), at('out/x.onnx'))).rejects.toThrow(
    `net/1 is an imported network; expected a model that train made: its graph is ${at('net/1/network.onnx')}`,
  );
});
