import { type GatheredWarning, gatherWarnings } from '../../stimulus/warnings.js';
import type { IndexLabel } from '../../tuning/dimensions/dimension.js';
import { DIMENSIONS, INDEX_LABELS } from '../../tuning/dimensions/dimensions.js';
import { POSITION_INDICES } from '../../tuning/position-indices.js';
import type { ModelResult } from './compared-models.js';

const INDICES: Readonly<Record<string, IndexLabel>> = {
  ...INDEX_LABELS,
  ...POSITION_INDICES,
  sparseness: { label: 'Sparseness', unit: '1' },
  shareAboveHalfPeak: { label: 'Share of the stimuli above half of the peak', unit: '1' },
};

/** Returns the label of an index, or its name if it has no label. */
export function indexLabel(name: string): { readonly text: string; readonly unit: string } {
  const { label, unit } = INDICES[name] ?? { label: name, unit: '1' };
  return { text: label, unit: shortUnit(unit) };
}

/** Returns a unit as written after a number; '' for numbers without a unit. */
export function shortUnit(unit: string): string {
  const units: Readonly<Record<string, string>> = { '1': '', response: '', degrees: '°' };
  return units[unit] ?? unit;
}

const FITS: Readonly<Record<string, { readonly label: string }>> = Object.assign(
  {},
  ...Object.values(DIMENSIONS).map(({ fits }) => fits),
);

export function fitLabel(name: string): string {
  return FITS[name]?.label ?? name;
}

/** Lists the distinct warnings of all results, with the number of stimuli that each applies to. */
export function listWarnings(
  results: readonly ModelResult<{
    readonly warnings: readonly Pick<GatheredWarning, 'warning' | 'count'>[];
    readonly stimuli: readonly unknown[];
  }>[],
): string[] {
  const sentences = results.flatMap(({ model, value }) =>
    value.warnings.map(({ warning, count }) => {
      const first = count === 1 ? '' : ' (the first of them)';
      return { model, text: `${count} of ${value.stimuli.length} stimuli: ${warning}${first}` };
    }),
  );
  const texts = [...new Set(sentences.map(({ text }) => text))];
  return texts.map((text) => {
    const model = sentences.filter((each) => each.text === text).map((each) => each.model.id);
    // A warning of all models needs no model names.
    return model.length === results.length ? text : `${model.join(', ')}: ${text}`;
  });
}

/** Lists the warnings as `listWarnings` does, from reports for each stimulus. */
export function listReports(
  results: readonly ModelResult<{
    readonly stimuli: readonly { readonly warnings: readonly string[] }[];
  }>[],
): string[] {
  return listWarnings(
    results.map(({ value, ...rest }) => ({
      ...rest,
      value: { stimuli: value.stimuli, warnings: gatherWarnings(value.stimuli) },
    })),
  );
}
