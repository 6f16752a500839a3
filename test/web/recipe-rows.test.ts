import { expect, test } from 'vitest';
import { modelName, recipeRows } from '../../src/web/new-model/recipe-rows.js';

const RECIPES = [
  {
    name: 'rf_cnn',
    architecture: 'rf_cnn',
    description: 'a small network',
    epochs: 50,
    batchSize: 50,
    after: null,
  },
  {
    name: 'later',
    architecture: 'rf_sa_cnn',
    description: 'a larger one',
    epochs: 50,
    batchSize: 50,
    after: 'rf_cnn',
  },
];

test('a recipe has its time for its epochs, and for others in proportion', () => {
  const [own] = recipeRows(RECIPES, { rf_cnn: 40 }, null);
  expect(own).toEqual({
    name: 'rf_cnn',
    text: 'a small network; 50 epochs',
    time: 'about 40 s',
    fits: true,
  });
  const [more] = recipeRows(RECIPES, { rf_cnn: 40 }, 150);
  expect(more).toMatchObject({ text: 'a small network; 150 epochs', time: 'about 2 min' });
  const [five] = recipeRows(RECIPES, { rf_cnn: 40 }, 150, 5);
  expect(five).toMatchObject({ text: 'a small network; 150 epochs', time: 'about 10 min' });
});

test('a recipe without a time does not fit; without any times all may', () => {
  expect(recipeRows(RECIPES, { rf_cnn: 40 }, null)[1]).toEqual({
    name: 'later',
    text: 'a larger one, after rf_cnn, which is trained first; 50 epochs',
    time: 'not for images of this size',
    fits: false,
  });
  const unknown = recipeRows(RECIPES, null, null).map(({ time, fits }) => [time, fits]);
  expect(unknown).toEqual([
    ['time unknown', true],
    ['time unknown', true],
  ]);
});

test.each([
  ['session12', 'session12'],
  ['a b/c (2)', 'a-b-c-2-'],
  ['_x', 'x'],
  ['äö', 'model'],
  ['x'.repeat(80), 'x'.repeat(64)],
])('of the dataset %j the model %j is made', (dataset, name) => {
  expect(modelName(dataset)).toBe(name);
});
