import { setDigest } from '../stimulus/stimuli.js';
import { gatherWarnings } from '../stimulus/warnings.js';
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
