import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readModel } from '../../../src/models/saved-model.js';
import { createCompareCommand } from '../../../training/comparison/compare-command.js';
import { Interrupted } from '../../../training/run/interruption.js';
import { datasetOfSmallSite } from '../../support/datasets.js';
import { fakeMachine } from '../../support/machine.js';
import { externalReferences, unbalancedTags } from '../../support/pages.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
let out = '';
let said: string[] = [];
beforeAll(async () => {
  await writeSmallSite(folder, 60, 30);
  await datasetOfSmallSite(folder); // gives the site repeats
});
beforeEach(async () => {
  out = path.join(await mkdtemp(path.join(folder, 'comparison-')), 'report');
  said = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => said.push(text));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** @param interruptAt the machine sends a signal when a line matches */
async function compare(interruptAt?: RegExp): Promise<string[]> {
  const { machine, signals, lines } = fakeMachine();
  const { write } = machine.stream;
  machine.stream.write = (text: string | Uint8Array) => {
    if (interruptAt?.test(String(text))) signals.emit('SIGTERM');
    return write(text);
  };
  const options = {
    data: folder,
    site: 'small',
    recipe: 'linear,rf_cnn',
    ...{ seeds: '2', epochs: '2', draws: '40', backend: 'wasm', out },
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  await createCompareCommand(machine).exitOverride().parseAsync(args, { from: 'user' });
  return lines;
}

async function readTable() {
  return JSON.parse(await readFile(path.join(out, 'table.json'), 'utf8'));
}

test('recipes are trained on the same split, and measured on the same images', async () => {
  await compare();
  expect(await readdir(out)).toEqual(['models', 'report.html', 'table.csv', 'table.json']);
  const table = await readTable();
  expect(table).toMatchObject({ site: 'small', seeds: 2, draws: 40, validationImages: 30 });
  expect(table.measures).toBeUndefined();
  expect(Object.keys(table.formulas)).toEqual(['CORR', 'CCnorm', 'FEVE']);
  for (const { recipe, scores, cost } of table.recipes) {
    const { card } = await readModel(path.join(out, 'models', recipe, '1'));
    const [low, high] = scores.CORR.interval;
    expect(low).toBeLessThan(scores.CORR.mean);
    expect(high).toBeGreaterThan(scores.CORR.mean);
    for (const [n, { value }] of scores.CORR.neurons.entries()) {
      const own = card.members!.map((member) => member.CORR![n]!);
      expect(Math.abs(value - (own[0]! + own[1]!) / 2)).toBeLessThan(1e-5);
    }
    const ensemble = card.neurons.reduce((sum, { CORR }) => sum + CORR! / 3, 0);
    expect(Math.abs(scores.CORR.ensemble - ensemble)).toBeLessThan(1e-5);
    expect(cost.parameters).toBe(recipe === 'linear' ? 3 * (24 * 24 + 1) : cost.parameters);
  }
  expect(table.recipes[0].cost.multiplications).toBe(3 * 24 * 24);
  const lines = (await readFile(path.join(out, 'table.csv'), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(1 + 2 * 3);
  expect(said.join('\n')).toMatch(/recipe +CORR +95 % interval/);
  const page = await readFile(path.join(out, 'report.html'), 'utf8');
  expect(unbalancedTags(page)).toEqual([]);
  expect(externalReferences(page)).toEqual([]);
});

test('a comparison that is run again trains nothing, and writes the same table', async () => {
  await compare();
  const files = ['table.csv', 'table.json'].map((name) => path.join(out, name));
  const before = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const lines = await compare();
  expect(lines.filter((line) => line.includes('holds this very training'))).toHaveLength(2);
  expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(before);
});

test('a comparison that is interrupted goes on where it was, to the same table', async () => {
  await compare();
  const whole = await readTable();
  out = path.join(await mkdtemp(path.join(folder, 'comparison-')), 'report');
  await expect(compare(/^member 2\/2, epoch 1/)).rejects.toThrow(Interrupted);
  await compare();
  const resumed = await readTable();
  for (const table of [whole, resumed]) {
    for (const recipe of table.recipes) {
      delete recipe.digest; // of a card, which has the date
      delete recipe.cost.seconds;
    }
  }
  expect(resumed).toEqual(whole);
});

test.each([
  ['linear,nothing', /there is no recipe 'nothing'/],
  ['linear,linear', /'linear' is named twice/],
  ['linear,', /Expected names with commas between them and no spaces\.$/], // what "linear, ln" gives
])('recipes %s are rejected', async (recipe, reason) => {
  const command = createCompareCommand().exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  const args = ['--data', folder, '--site', 'small', '--recipe', recipe, '--out', out];
  await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(reason);
});
