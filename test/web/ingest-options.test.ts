import { expect, test } from 'vitest';
import { readOptions, writeOptions } from '../../src/web/new-model/ingest-options.js';

test('options come back from the address, without those that are not given', () => {
  const options = { transpose: true, window: { from: 40, to: 100 }, units: '', gray: undefined };
  const text = writeOptions(options);
  expect(text).toBe('{"transpose":true,"window":{"from":40,"to":100}}');
  expect(readOptions(text)).toEqual({ transpose: true, window: { from: 40, to: 100 } });
});

test.each(['', 'null', '3', '{', '"a"'])('the text %j has no options', (text) => {
  expect(readOptions(text)).toEqual({});
});

test('no options are no text', () => {
  expect(writeOptions({ images: '', gray: undefined })).toBe('');
});
