/** A kind of warning: its text for the first stimulus that has it, the number of that stimulus, and how many have it. */
export interface GatheredWarning {
  readonly warning: string;
  readonly first: number;
  readonly count: number;
}

/** Gathers warnings by kind; warnings that differ only in their numbers are of one kind. */
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
