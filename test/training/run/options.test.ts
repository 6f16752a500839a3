import { expect, test } from 'vitest';
import { neuronList, parseList } from '../../../training/run/options.js';

test('a list accepts known names, and an unknown one is rejected with all known ones', () => {
  const read = parseList(['wasm', 'webgpu']);
  expect(read('webgpu,wasm')).toEqual(['webgpu', 'wasm']);
  for (const text of ['wasm,cuda', 'cuda']) {
    expect(() => read(text)).toThrow("'cuda' is none of wasm, webgpu.");
  }
  expect(() => read('')).toThrow("'' is none of");
});

test('a list of neurons becomes ids in rising order, each once', () => {
  expect(neuronList('7-9,3')).toEqual([3, 7, 8, 9]);
  for (const [text, message] of [
    ['3,2-4', 'neurons: neuron 3 is named twice'],
    ['0-999999999', 'neurons: more than 1000000 are named'],
    ['4-2', 'neurons: the range 4-2 runs backwards'],
    ['all', 'neurons: is "all"; expected ids and ranges of ids, such as 0,5,7-12'],
    ['', 'neurons: is empty; expected ids and ranges of ids, such as 0,5,7-12'],
  ] as const) {
    expect(() => neuronList(text)).toThrow(message);
  }
});
