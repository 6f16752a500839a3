import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readClock } from '../../src/client/clock.js';

const way = fc.double({ min: 0, max: 100, noNaN: true });

test('the offset of a clock is wrong by at most half the round trip', () => {
  const offset = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const exchange = fc.record({ there: way, within: way, back: way });
  fc.assert(
    fc.property(offset, fc.array(exchange, { minLength: 1, maxLength: 8 }), (true_, exchanges) => {
      let now = 0;
      const read = readClock(
        exchanges.map(({ there, within, back }) => {
          const sent = now;
          const received = sent + there + true_;
          const returned = received + within;
          now = sent + there + within + back;
          return { sent, received, returned, answered: now };
        }),
      );
      // 1e-6 ms for rounding at a million milliseconds
      expect(Math.abs(read.offset - true_)).toBeLessThanOrEqual(read.roundTrip / 2 + 1e-6);
      const shortest = Math.min(...exchanges.map(({ there, back }) => there + back));
      expect(read.roundTrip).toBeCloseTo(shortest, 5);
    }),
  );
});
