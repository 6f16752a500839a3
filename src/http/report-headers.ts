import { setDigest } from '../stimulus/stimuli.js';
import type { StimulusReport } from './stimulus-request.js';

/** Digests that stand in a header one by one; those of more would be more than proxies pass on. */
const MAX_DIGESTS = 16;
/**
 * What the reports say, for answers whose body is numbers alone. `X-Stimulus-Set`: the digest of all
 * stimuli together; `X-Stimulus-Digests`: of each, for up to 16; `X-Stimulus-Warnings`, where there
 * are any: a JSON list of the kinds of warning, each as the first stimulus has it, with how many have
 * it (in other numbers perhaps) and the number of that first one.
 */
export function reportHeaders(reports: readonly StimulusReport[]): [name: string, value: string][] {
  const digests = reports.map(({ digest }) => digest);
  const headers: [string, string][] = [['X-Stimulus-Set', setDigest(digests)]];
  if (digests.length <= MAX_DIGESTS) headers.push(['X-Stimulus-Digests', digests.join(', ')]);
  const warnings = gatherWarnings(reports);
  if (warnings.length > 0) headers.push(['X-Stimulus-Warnings', JSON.stringify(warnings)]);
  return headers;
}

/** A kind of warning: as the first stimulus has it, how many have it, and the number of that first one. */
export interface GatheredWarning {
  readonly warning: string;
  readonly first: number;
  readonly count: number;
}

/** The kinds of warning that there are; those that differ in their numbers alone are of one kind. */
export function gatherWarnings(reports: readonly StimulusReport[]): GatheredWarning[] {
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
