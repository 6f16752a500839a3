import { expect, test } from 'vitest';
import { readTableTrials } from '../../../training/ingest/table-folder/table-trials.js';

test.each(['', ' ', 'Unnamed: 0', '__index_level_0__'])(
  "the index of a data frame, '%s', is not taken for a neuron",
  async (name) => {
    const cells: Record<string, readonly (string | number)[]> = {
      [name]: [0, 1],
      image: ['a.png', 'b.png'],
      cell: [1.5, 2.5],
    };
    const table = {
      ...{ rows: 2, columns: Object.keys(cells) },
      column: async (column: string) => cells[column]!,
    };
    await expect(readTableTrials(table)).rejects.toThrow(
      `the table has a column '${name}', which is the index of a data frame`,
    );
    const { [name]: _, ...rest } = cells;
    const without = { ...table, columns: Object.keys(rest) };
    expect((await readTableTrials(without)).neurons).toEqual(['cell']);
  },
);
