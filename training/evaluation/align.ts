/**
 * Columns of equal width, two spaces apart: the first ones to the left, the others, which are numbers, to the right.
 * @param rows of equal length
 * @example
 * align([['ff_cnn', '0.5'], ['linear', '0.25']], 1); // 'ff_cnn   0.5\nlinear  0.25'
 */
export function align(rows: readonly (readonly string[])[], left: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}
