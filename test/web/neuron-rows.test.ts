import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filtered, type NeuronRow, sorted } from '../../src/web/neurons/neuron-rows.js';

const row = fc.record({
  id: fc.nat(400),
  CORR: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
  gOSI: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});
const rows = fc.uniqueArray(row, { selector: ({ id }) => id }).map((list) =>
  list.map(
    ({ id, ...values }): NeuronRow => ({
      id,
      values,
      notes: {},
      intervals: {},
      curve: undefined,
      blank: undefined,
      by: undefined,
    }),
  ),
);

test('rows are sorted either way, with undefined values last', () => {
  fc.assert(
    fc.property(
      rows,
      fc.constantFrom('id', 'CORR', 'gOSI'),
      fc.boolean(),
      (list, by, descending) => {
        const values = sorted(list, by, descending).map((each) =>
          by === 'id' ? each.id : each.values[by]!,
        );
        const known = values.filter((value) => value !== null);
        expect(values.slice(0, known.length)).toEqual(known);
        expect(known).toEqual(known.toSorted((a, b) => (descending ? b - a : a - b)));
      },
    ),
  );
});

test('exactly the rows that match the filter remain', () => {
  const share = fc.constantFrom(0, 0.3, 0.9);
  fc.assert(
    fc.property(
      rows,
      fc.constantFrom('', '1', '12'),
      share,
      share,
      (list, id, minCORR, minGOSI) => {
        const left = new Set(filtered(list, { id, minCORR, minGOSI }));
        for (const each of list) {
          const { CORR = null, gOSI = null } = each.values;
          const fits =
            String(each.id).startsWith(id) &&
            (minCORR === 0 || (CORR !== null && CORR >= minCORR)) &&
            (minGOSI === 0 || (gOSI !== null && gOSI >= minGOSI));
          expect(left.has(each)).toBe(fits);
        }
      },
    ),
  );
});
