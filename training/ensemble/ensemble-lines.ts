import type { MemberCard, ModelCard } from '../../src/models/card.js';
import { figure } from '../run/options.js';
import { meanCorr, nameMember } from '../run/progress.js';

/**
 * Lines that compare an ensemble with its members, for a person: their mean CORR, and what the intervals covered.
 * @example ensembleLines(saved.card).at(-1) // 95 % interval: covers 94.1 % of the validation responses
 */
export function ensembleLines({ members = [], neurons, calibration }: ModelCard): string[] {
  const own = members.map(({ CORR = [] }) => meanCorr(CORR.map((each) => ({ CORR: each }))));
  const each = members.map(
    (member, k) =>
      `${nameMember({ number: k + 1, of: members.length })}${seedOf(member)}: mean CORR ${figure(own[k]!)}`,
  );
  const intervals = (calibration?.intervals ?? []).map(
    ({ nominal, covered }) =>
      `${Math.round(100 * nominal)} % interval: covers ${(100 * covered).toFixed(1)} % of the validation responses`,
  );
  return [
    ...each,
    `mean of the members: CORR ${figure(meanCorr(own.map((CORR) => ({ CORR }))))}`,
    `ensemble: mean CORR ${figure(meanCorr(neurons))}`,
    ...intervals,
  ];
}

function seedOf({ training }: MemberCard): string {
  return 'recipe' in training ? `, seed ${training.seed}` : '';
}
