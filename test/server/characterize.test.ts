import { expect, test } from 'vitest';
import type { TestAppOptions } from '../support/app.js';
import { energyModel, FILTERS } from '../support/energy-model.js';
import { openTestJobs } from '../support/jobs.js';
import { detailOf } from '../support/stored-sets.js';
import { valueIn } from '../tuning/value-in.js';
import { energyApp } from './experiment.js';

const ROUTE = '/v1/models/energy/characterize';

type Index = Parameters<typeof valueIn>[0];
interface Row {
  readonly id: number;
  readonly preferred: Readonly<Record<string, number>>;
  readonly fallbacks: readonly string[];
  readonly indices: Readonly<Record<string, Index & { readonly value: number | null }>>;
  readonly stages: Readonly<Record<string, { readonly stimulus: object }>>;
}
interface Found {
  readonly model: { readonly name: string };
  readonly stimuli: number;
  readonly neurons: readonly Row[];
  readonly characteristics: Readonly<Record<string, { unit: string; formula: string }>>;
}

async function characterizingApp(options: TestAppOptions = {}) {
  const { jobs, runner } = await openTestJobs();
  return energyApp({ jobs, runner, capacity: 20_000, limits: { maxStimuli: 20_000 }, ...options });
}

const post = ({ app }: Awaited<ReturnType<typeof characterizingApp>>, body: object) =>
  app.request(ROUTE, { method: 'POST', body: JSON.stringify(body) });

async function characterize(body: object = {}, options: TestAppOptions = {}) {
  const opened = await characterizingApp(options);
  const started = await post(opened, body);
  expect(started.status).toBe(202);
  const place = started.headers.get('Location')!;
  const reported = await (await opened.app.request(`${place}/events`)).text();
  expect(reported).toContain('"state":"succeeded"');
  const result = (Accept: string) => opened.app.request(`${place}/result`, { headers: { Accept } });
  const found = (await (await result('application/json')).json()) as Found;
  const csv = await (await result('text/csv')).text();
  const [names = [], ...rows] = csv.split('\r\n').map((line) => line.split(','));
  const cell = (row: number, name: string) => rows[row]![names.indexOf(name)];
  return { found, reported, names, cell, engine: opened.engine };
}

test('the filter of each neuron is recovered: 2 degrees, a twentieth of an octave, half a pixel', async () => {
  const { found, names, cell } = await characterize();
  expect(found.model.name).toBe('energy');
  expect(found.neurons.map(({ id }) => id)).toEqual([0, 1, 2]);
  for (const [i, { id, indices, preferred }] of found.neurons.entries()) {
    const { orientation, spatialFrequency, x, y } = FILTERS[id]!;
    const value = (name: string) => valueIn(indices[name]!);
    const turned = Math.abs(value('preferredOrientationFit') - orientation);
    expect(Math.min(turned, 180 - turned)).toBeLessThan(2);
    const octaves = Math.log2(value('preferredSpatialFrequency') / spatialFrequency);
    expect(Math.abs(octaves)).toBeLessThan(0.05);
    expect(Math.hypot(value('centreX') - x, value('centreY') - y)).toBeLessThan(0.5);
    // Quadrature energy does not depend on the phase, and nothing suppresses it.
    expect(value('F1F0')).toBeLessThan(0.1);
    expect(preferred['orientation']).toBe(value('preferredOrientationFit'));
    for (const [name, { unit }] of Object.entries(found.characteristics)) {
      const column = names.find((each) => each === name || each === `${name} (${unit})`)!;
      expect(cell(i, column)).toBe(String(indices[name]!.value ?? ''));
    }
  }
});

test('progress rises to the number of all stimuli, which the result states', async () => {
  const { found, reported, engine } = await characterize({ neurons: '1' });
  const done = [...reported.matchAll(/"done":(\d+),"total":(\d+)/g)].map(([, at, of]) => [
    Number(at),
    Number(of),
  ]);
  expect(done).toEqual(done.toSorted(([a], [b]) => a! - b!));
  expect(done.at(-1)).toEqual([found.stimuli, found.stimuli]);
  expect(engine.requests.reduce((sum, { stimuli }) => sum + stimuli.count, 0)).toBe(found.stimuli);
});

test('a neuron is characterised the same whatever other neurons are requested', async () => {
  const [alone, among] = await Promise.all([characterize({ neurons: '2' }), characterize()]);
  expect(alone.found.neurons[0]).toEqual(among.found.neurons[2]);
});

test('lengths and frequencies are given in degrees too when the card has a scale', async () => {
  const model = energyModel();
  const stimulus = { ...model.card.stimulus, degreesPerImage: 3 };
  const served = [{ ...model, card: { ...model.card, stimulus } }];
  const { names, cell } = await characterize({ neurons: '0' }, { served });
  // 30 pixels are 3 degrees.
  const ratio = (name: string, unit: string, other: string) =>
    Number(cell(0, `${name} (${other})`)) / Number(cell(0, `${name} (${unit})`));
  expect(ratio('centreX', 'pixels', 'degrees of visual angle')).toBeCloseTo(0.1, 12);
  expect(ratio('preferredSpatialFrequency', 'cycles/pixel', 'cycles/degree')).toBeCloseTo(10, 12);
  expect(names.filter((name) => name.startsWith('gOSI'))).toEqual(['gOSI']);
});

test('an impossible request is rejected before anything is computed', async () => {
  const opened = await characterizingApp();
  expect(await detailOf(post(opened, { neurons: [9] }))).toMatch(/^422 neurons: unknown neuron:/);
  expect(await detailOf(post(opened, { neuron: 1 }))).toMatch(/^422 .*neuron/);
  for (const contrast of [0, 1.1]) {
    expect(await detailOf(post(opened, { contrast }))).toMatch(/^422 contrast: /);
  }
  expect(opened.engine.requests).toEqual([]);
});

test('a contrast that the background does not allow is rejected with the largest possible one', async () => {
  const model = energyModel();
  const stimulus = { ...model.card.stimulus, backgroundGray: 0.625 };
  const served = [{ ...model, card: { ...model.card, stimulus } }];
  const opened = await characterizingApp({ served });
  expect(await detailOf(post(opened, { contrast: 0.9 }))).toBe(
    '422 contrast: too large for the background of this model: 0.9; expected at most 0.6',
  );
});

test('a cancelled characterization stops', async () => {
  const opened = await characterizingApp();
  const place = (await post(opened, {})).headers.get('Location')!;
  await opened.app.request(place, { method: 'DELETE' });
  expect(await (await opened.app.request(`${place}/events`)).text()).toContain('"cancelled"');
  const asked = opened.engine.requests.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(opened.engine.requests.length).toBeLessThanOrEqual(asked + 1);
});

test('gratings have half the RMS contrast of the training images, or the requested contrast', async () => {
  const presented = async (contrast: object) => {
    const { found } = await characterize({ neurons: '0', ...contrast });
    const [{ preferred, stages }] = found.neurons as [Row];
    const of = (stage: string) => {
      const { grating, centreSurround } = stages[stage]!.stimulus as Readonly<
        Record<string, { readonly contrast?: number } | undefined>
      >;
      return (grating ?? centreSurround)?.contrast;
    };
    return [preferred['contrast'], ...['grating', 'size', 'surround', 'contrast'].map(of)];
  };
  // The RMS contrast of the images is about 0.2, the gray 0.5: 0.2 / 2 * sqrt(2) / 0.5.
  expect(await presented({})).toEqual([0.283, 0.283, 0.283, 0.283, undefined]);
  expect(await presented({ contrast: 0.5 })).toEqual([0.5, 0.5, 0.5, 0.5, undefined]);
});
