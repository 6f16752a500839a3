import { InputError } from '../errors.js';

export type CsvValue = string | number | null;

/** A table as CSV (RFC 4180): each row ends with CR LF, null is empty, numbers have all their digits. */
export function encodeCsv(rows: readonly (readonly CsvValue[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: CsvValue): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Reads a table of CSV (RFC 4180); rows may also end with LF or CR alone, and the last one without an end.
 * @param separator of the fields, one character
 * @throws InputError naming the row of a quoted field that does not end where it should
 * @example
 *   decodeCsv('image,a\r\n"x, y.png",1\r\n'); // [['image', 'a'], ['x, y.png', '1']]
 */
export function decodeCsv(text: string, separator = ','): string[][] {
  const rows: string[][] = [];
  const plain = new RegExp(`[^${separator}\\r\\n]*`, 'y');
  let row: string[] = [];
  for (let at = 0; at < text.length || row.length > 0; ) {
    if (text[at] === '"') {
      const end = quotedEnd(text, at, rows.length + 1);
      row.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
    } else {
      plain.lastIndex = at;
      row.push(plain.exec(text)![0]);
      at = plain.lastIndex;
    }
    if (text[at] === separator) {
      at++;
      continue;
    }
    const isEnd = at >= text.length || text[at] === '\r' || text[at] === '\n';
    if (!isEnd) {
      throw new InputError(
        `text follows a quoted field in row ${rows.length + 1}: ${text.slice(at, at + 20)}; expected '${separator}'`,
      );
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Where the quote is that ends the field whose quote is at `start`. */
function quotedEnd(text: string, start: number, row: number): number {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1) {
      throw new InputError(`the quoted field in row ${row} does not end; expected another '"'`);
    }
    if (text[at + 1] !== '"') return at;
  }
}
