import { expect, test } from 'vitest';
import { parseList } from '../../../training/run/options.js';

test('a list accepts known names, and an unknown one is rejected with all known ones', () => {
  const read = parseList(['wasm', 'webgpu']);
  expect(read('webgpu,wasm')).toEqual(['webgpu', 'wasm']);
  for (const text of ['wasm,cuda', 'cuda']) {
    expect(() => read(text)).toThrow("'cuda' is none of wasm, webgpu.");
  }
  expect(() => read('')).toThrow("'' is none of");
});
