import { useModel, usePage } from '../state/context.js';
import { canvasOf } from '../stimulus/chosen-stimulus.js';
import { type Control, controlsOf } from '../stimulus/kinds.js';
import type { Swept } from './swept.js';

/** What stays as it is while one parameter of a grating is swept, in its order. */
const FIXED = ['orientation', 'spatialFrequency', 'contrast', 'diameter', 'x', 'y'] as const;
export type FixedName = (typeof FIXED)[number];

export interface FixedControl extends Control {
  readonly name: FixedName;
  readonly value: number;
}

export interface Grating {
  readonly controls: readonly FixedControl[];
  /** As a request has it. */
  readonly fields: Readonly<Partial<Record<FixedName, number>>>;
  set(values: Readonly<Partial<Record<FixedName, number>>>): void;
  /** Whether anything is not as it stands at first. */
  readonly changed: boolean;
  reset(): void;
}

/** The grating in the address, less what is swept. */
export function useGrating({ parameter }: Pick<Swept, 'parameter'>): Grating {
  const { address } = usePage();
  const canvas = canvasOf(useModel());
  const kinds = controlsOf('grating', canvas);
  const names = FIXED.filter((name) => name !== parameter).filter(
    // it follows from the direction
    (name) => !(parameter === 'direction' && name === 'orientation'),
  );
  const controls = names.map((name) => {
    const control = kinds[name]!;
    const start = name === 'contrast' ? control.max : control.start;
    return { ...control, name, start, value: numberIn(address.get(name), control) ?? start };
  });
  const given = (name: FixedName) => address.get(name) !== '';
  return {
    controls,
    fields: Object.fromEntries(
      controls
        // left out, it is the largest that each model's gray allows
        .filter(({ name }) => name !== 'contrast' || given(name))
        .map(({ name, value }) => [name, value]),
    ),
    set: (values) =>
      address.set(
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
      ),
    changed: names.some(given),
    reset: () => address.set(Object.fromEntries(names.map((name) => [name, '']))),
  };
}

function numberIn(text: string, { min, max }: Control): number | undefined {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) return undefined;
  return Math.max(min, Math.min(max, value));
}
