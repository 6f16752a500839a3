export type CsvValue = string | number | null;

/** A table as CSV (RFC 4180): each row ends with CR LF, null is empty, numbers have all their digits. */
export function encodeCsv(rows: readonly (readonly CsvValue[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: CsvValue): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
