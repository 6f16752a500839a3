import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAnswer,
  encodeAnswer,
  encodeFrame,
  frameBytes,
  pixelsIn,
  stampAnswer,
} from '../../src/formats/stream-frames.js';

const float = fc.float({ noNaN: true });
const header = fc.record({
  sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  status: fc.constantFrom(200, 422, 429, 503),
  flags: fc.integer({ min: 0, max: 3 }),
  times: fc.record({ decode: float, queue: float, infer: float }),
});
const stamp = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const service = fc.option(fc.record({ received: stamp, sent: stamp }), { nil: undefined });

test('a response frame is decoded as it was encoded', () => {
  const content = fc.oneof(fc.float32Array({ noNaN: true }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(header, stamp, content, service, (reported, given, what, stamps) => {
      const frame = encodeFrame(new Uint8Array(0), given);
      const message = encodeAnswer(frame, reported, what, stamps !== undefined);
      if (stamps) stampAnswer(message, stamps);
      const answer = decodeAnswer(message, stamps !== undefined);
      const said = typeof what === 'string' ? what : '';
      const responses = typeof what === 'string' ? [] : [...what];
      expect({ ...answer, responses: [...answer.responses] }).toEqual({
        ...reported,
        stamp: given,
        responses,
        message: said,
        ...(stamps ? { service: stamps } : {}),
      });
    }),
  );
});

test('a request frame has the expected size and contains its pixels', () => {
  const size = { height: 2, width: 3, channels: 1 };
  const bytes = encodeFrame(Uint8Array.of(1, 2, 3, 4, 5, 6), 7n);
  expect(bytes.length).toBe(frameBytes(size, 'uint8'));
  expect([...pixelsIn(bytes)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(encodeFrame(new Float32Array(6), 0n).length).toBe(frameBytes(size, 'float32'));
});
