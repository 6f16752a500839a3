import type { StimulusReport } from '../experiments/stimulus-report.js';
import { setDigest } from '../stimulus/stimuli.js';
import { gatherWarnings } from '../stimulus/warnings.js';
import type { AppContext } from './context.js';

/** The most digests that a header lists; proxies do not pass on longer headers. */
const MAX_DIGESTS = 16;

/**
 * The kinds of warning as a JSON list, each as the first stimulus has it, with how many have it (in other
 * numbers perhaps) and the number of that first one.
 * @returns undefined where there are none
 */
export function warningsText(reports: readonly StimulusReport[]): string | undefined {
  const warnings = gatherWarnings(reports);
  return warnings.length === 0 ? undefined : JSON.stringify(warnings);
}

/**
 * The reports as headers, for answers whose body is numbers only. `X-Stimulus-Set`: the digest of all
 * stimuli together; `X-Stimulus-Digests`: of each, for up to 16; `X-Stimulus-Warnings`: `warningsText`.
 */
function reportHeaders(reports: readonly StimulusReport[]): [name: string, value: string][] {
  const digests = reports.map(({ digest }) => digest);
  const headers: [string, string][] = [['X-Stimulus-Set', setDigest(digests)]];
  if (digests.length <= MAX_DIGESTS) headers.push(['X-Stimulus-Digests', digests.join(', ')]);
  const warnings = warningsText(reports);
  if (warnings !== undefined) headers.push(['X-Stimulus-Warnings', warnings]);
  return headers;
}

/** Adds `reportHeaders` to an answer. */
export function setReportHeaders(c: AppContext, reports: readonly StimulusReport[]): void {
  for (const [name, value] of reportHeaders(reports)) c.header(name, value);
}
