import { type GatheredWarning, gatherWarnings } from '../../stimulus/warnings.js';
import type { IndexLabel } from '../../tuning/dimensions/dimension.js';
import { DIMENSIONS } from '../../tuning/dimensions/dimensions.js';
import { POSITION_INDICES } from '../../tuning/position-indices.js';
import type { Told } from './answerers.js';

const INDICES: Readonly<Record<string, IndexLabel>> = {
  ...Object.assign({}, ...Object.values(DIMENSIONS).map(({ indices }) => indices)),
  ...POSITION_INDICES,
  sparseness: { label: 'Sparseness', unit: '1' },
  shareAboveHalfPeak: { label: 'Share of the stimuli above half of the peak', unit: '1' },
};

/** What an index is called; by its own name where it is not known here. */
export function indexWords(name: string): { readonly text: string; readonly unit: string } {
  const { label, unit } = INDICES[name] ?? { label: name, unit: '1' };
  return { text: label, unit: shortUnit(unit) };
}

/** A unit as it is written after a number; '' where there is nothing to write. */
export function shortUnit(unit: string): string {
  const units: Readonly<Record<string, string>> = { '1': '', response: '', degrees: '°' };
  return units[unit] ?? unit;
}

const FITS: Readonly<Record<string, { readonly label: string }>> = Object.assign(
  {},
  ...Object.values(DIMENSIONS).map(({ fits }) => fits),
);

export function fitWords(name: string): string {
  return FITS[name]?.label ?? name;
}

/** What all answers warn of, each once, with how many stimuli it is said of. */
export function warningsOf(
  told: readonly Told<{
    readonly warnings: readonly Pick<GatheredWarning, 'warning' | 'count'>[];
    readonly stimuli: readonly unknown[];
  }>[],
): string[] {
  const sentences = told.flatMap(({ by, value }) =>
    value.warnings.map(({ warning, count }) => {
      const first = count === 1 ? '' : ' (the first of them)';
      return { by, text: `${count} of ${value.stimuli.length} stimuli: ${warning}${first}` };
    }),
  );
  const texts = [...new Set(sentences.map(({ text }) => text))];
  return texts.map((text) => {
    const by = sentences.filter((each) => each.text === text).map((each) => each.by.id);
    // of all models it need not be said which
    return by.length === told.length ? text : `${by.join(', ')}: ${text}`;
  });
}

/** As `warningsOf`, where each stimulus tells its own. */
export function reportsOf(
  told: readonly Told<{
    readonly stimuli: readonly { readonly warnings: readonly string[] }[];
  }>[],
): string[] {
  return warningsOf(
    told.map(({ value, ...rest }) => ({
      ...rest,
      value: { stimuli: value.stimuli, warnings: gatherWarnings(value.stimuli) },
    })),
  );
}
