/** A kind of warning: as the first stimulus has it, how many have it, and the number of that first one. */
export interface GatheredWarning {
  readonly warning: string;
  readonly first: number;
  readonly count: number;
}

/** The kinds of warning that there are; those that differ in their numbers alone are of one kind. */
export function gatherWarnings(
  reports: readonly { readonly warnings: readonly string[] }[],
): GatheredWarning[] {
  const byKind = new Map<string, GatheredWarning>();
  for (const [first, { warnings }] of reports.entries()) {
    for (const warning of warnings) {
      const kind = warning.replace(/[\d.]+(e[+-]\d+)?/g, '');
      const known = byKind.get(kind);
      byKind.set(kind, known ? { ...known, count: known.count + 1 } : { warning, count: 1, first });
    }
  }
  return [...byKind.values()];
}
