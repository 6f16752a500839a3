import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCsv, encodeCsv } from '../../src/formats/csv.js';

test('only fields that would break a row are quoted, and quotes are doubled', () => {
  const rows = [
    ['plain', 'a b', "it's", 'degrés'],
    ['a,b', 'say "so"', 'two\nlines', 'two\r\nlines'],
    ['"', '""', ',', '\r'],
  ];
  expect(encodeCsv(rows)).toBe(
    "plain,a b,it's,degrés\r\n" +
      '"a,b","say ""so""","two\nlines","two\r\nlines"\r\n' +
      '"""","""""",",","\r"\r\n',
  );
});

test('null becomes an empty field, 0 stays 0, and numbers keep all their digits', () => {
  expect(encodeCsv([[null, 0, -0.1, 1e-7, 0.8459853728925697, '']])).toBe(
    ',0,-0.1,1e-7,0.8459853728925697,\r\n',
  );
  expect(encodeCsv([])).toBe('');
});

test('any table of text is the same after writing and parsing', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'µ') });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1 }), { minLength: 1 }), (rows) => {
      const text = encodeCsv(rows);
      expect(read(text)).toEqual(rows);
      expect(decodeCsv(text)).toEqual(rows);
    }),
  );
});

test('rows end with CR LF, LF or CR, or with the text; fields may be separated by other characters', () => {
  const rows = [
    ['a', ''],
    ['', 'b "c"; d'],
  ];
  for (const end of ['\r\n', '\n', '\r']) {
    const text = `a;${end};"b ""c""; d"`;
    expect(decodeCsv(text, ';')).toEqual(rows);
    expect(decodeCsv(text + end, ';')).toEqual(rows);
  }
  expect(decodeCsv('')).toEqual([]);
  expect(decodeCsv('a,')).toEqual([['a', '']]);
});

test('a quoted field that does not end where it should is rejected with its row', () => {
  expect(() => decodeCsv('a,b\n1,"2\n')).toThrow(
    `the quoted field in row 2 does not end; expected another '"'`,
  );
  expect(() => decodeCsv('a,b\n"1"2,3')).toThrow(
    "text follows a quoted field in row 2: 2,3; expected ','",
  );
});

/** The grammar of RFC 4180: fields, plain or quoted, each before a comma or the end of its row. */
function read(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}
