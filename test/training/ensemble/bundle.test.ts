import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTfjsEngine } from '../../../src/inference/tfjs/tfjs-engine.js';
import { readModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { createBundleCommand } from '../../../training/ensemble/bundle-command.js';
import { createEvaluateCommand } from '../../../training/evaluation/evaluate-command.js';
import type { ModelRequest } from '../../../training/run/model-request.js';
import { saveSmallModel } from '../../support/evaluated-models.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { trainSmall } from '../../support/train-small.js';

const folder = sharedFolder();
const at = (name: string) => path.join(folder, name);
let said: string[] = [];
let warned: string[] = [];

beforeAll(async () => {
  await writeSmallSite(folder, 60, 30);
  const train = async (name: string, changes: Partial<ModelRequest>) =>
    await trainSmall(folder, { select: 'heldout', epochs: 1, chunk: 3, ...changes, out: at(name) });
  await train('whole', { members: 2, seed: 5 });
  await train('five', { seed: 5 });
  await train('six', { seed: 6, heldOutSeed: 5 });
  await train('other', { seed: 6 });
  await train('all', { seed: 6, select: 'validation' });
});
beforeEach(() => {
  [said, warned] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: string) => said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => warned.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

const DATA = ['--data', folder, '--site', 'small'];

async function bundle(models: readonly string[], out: string, ...more: string[]): Promise<string> {
  const args = models.flatMap((model) => ['--model', at(model)]);
  const command = createBundleCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const all = [...args, '--out', at(out), '--backend', 'wasm', ...more];
  return await command.parseAsync(all, { from: 'user' }).then(
    () => said.at(-1)!.replaceAll(`${folder}/`, ''),
    (error: Error) => error.message.replaceAll(`${folder}/`, ''),
  );
}

test('models that train made one by one are the ensemble that it trains at once', async () => {
  expect(await bundle(['five', 'six/1'], 'e', ...DATA)).toMatch(/^saved e\/1, 3 neurons, digest /);
  const [{ card: made, digest }, { card: trained }] = [
    await readModel(at('e/1')),
    await readModel(at('whole/1')),
  ];
  expect(made.weights).toEqual(trained.weights);
  expect(made.golden).toEqual(trained.golden);
  expect(made.neurons).toEqual(trained.neurons);
  expect(made.calibration).toEqual(trained.calibration);
  expect(made.calibration?.intervals).toHaveLength(3);
  expect(said).toContainEqual(expect.stringMatching(/^member 2\/2, seed 6: mean CORR /));
  expect(said).toContainEqual(
    expect.stringMatching(/^90 % interval: covers \d+\.\d % of the validation responses$/),
  );

  const engine = createTfjsEngine(await openBackend('wasm'));
  await engine.load(at('e/1'), digest); // checks the golden responses
  await engine.close();
});

test('without the data, or without images that all held out, it says why there are no intervals', async () => {
  const reason = async (models: readonly string[], ...more: string[]) => {
    warned = [];
    await bundle(models, 'without', ...more);
    const { card } = await readModel(at('without/1').replace(/1$/, String(++versions)));
    expect(card.calibration).toBeUndefined();
    return warned.find((line) => line.startsWith('no intervals'))?.replaceAll(`${folder}/`, '');
  };
  let versions = 0;
  expect(await reason(['five', 'six'])).toBe(
    'no intervals, and no CORR of the ensemble: both need --data with the data of the trainings',
  );
  expect((await readModel(at('without/1'))).card.neurons[0]!.CORR).toBeNull();
  expect(await reason(['five', 'other'], ...DATA)).toBe(
    'no intervals: other/1 held out other images than five/1; train both with one --held-out-seed',
  );
  expect((await readModel(at('without/2'))).card.neurons[0]!.CORR).not.toBeNull();
  expect(await reason(['five', 'all'], ...DATA)).toBe(
    'no intervals: all/1 was trained without --select heldout',
  );
});

test('models that are not alike are rejected by name', async () => {
  const two = { architecture: 'rf_cnn', neurons: [0, 1, 2] } as const;
  await saveSmallModel(at('thin'), two);
  await saveSmallModel(at('few'), { ...two, neurons: [0, 1] });
  await saveSmallModel(at('order'), { ...two, neurons: [0, 2, 1] });
  await saveSmallModel(at('large'), { ...two, side: 32 });
  await saveSmallModel(at('attending'), { ...two, architecture: 'rf_sa_cnn' });
  expect(await bundle(['thin'], 'none')).toBe(
    'wrong number of models: 1; expected 2 to 32, each with --model',
  );
  expect(await bundle(['thin', 'thin/1'], 'none')).toBe('--model thin/1: thin/1 is given twice');
  expect(await bundle(['thin', 'attending'], 'none')).toBe(
    'attending/1 has another architecture: rf_sa_cnn; expected rf_cnn, as thin/1 has',
  );
  expect(await bundle(['thin', 'large'], 'none')).toBe(
    'large/1 has another size of images: 32x32; expected 24x24, as thin/1 has',
  );
  expect(await bundle(['thin', 'few'], 'none')).toBe(
    'few/1 has another number of neurons: 2; expected 3, as thin/1 has',
  );
  expect(await bundle(['thin', 'order'], 'none')).toBe(
    'order/1 has another order of neurons: 0,2,1; expected 0,1,2, as thin/1 has',
  );
  expect(await bundle(['thin', 'five'], 'none')).toMatch(
    /^five\/1 has another architecture in detail: \{.*"channels":32.*\}; expected \{.*"channels":2.*\}, as thin\/1 has$/,
  );
  expect(await bundle(['five', 'whole'], 'none')).toBe(
    'whole/1 is an ensemble; expected a model of one seed',
  );
  expect(await bundle(['five', 'six'], 'none', '--site', 'small')).toBe(
    '--site small is used without --data',
  );
});

test('an ensemble is evaluated with the mean of its members', async () => {
  const command = createEvaluateCommand();
  const args = ['--model', at('whole'), ...DATA, '--backend', 'wasm', '--out', at('report')];
  await command.parseAsync(args, { from: 'user' });
  const { members, neurons } = (await readModel(at('whole/1'))).card;
  const mean = (values: readonly (number | null)[]) =>
    values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
  const table = said.find((text) => text.includes('members'))!;
  const ofMembers = mean(members!.map(({ CORR }) => mean(CORR!)));
  expect(table).toMatch(new RegExp(`members +${ofMembers.toFixed(3)} `));
  expect(table).toMatch(new RegExp(`mean +${mean(neurons.map(({ CORR }) => CORR)).toFixed(3)} `));
});
