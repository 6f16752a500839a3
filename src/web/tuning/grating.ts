import { useModel, usePage } from '../state/context.js';
import { modelCanvas } from '../stimulus/chosen-stimulus.js';
import { type Control, sliderControls } from '../stimulus/kinds.js';
import { OWN, type OwnGrating } from './own-gratings.js';
import type { Swept } from './swept.js';

/** Parameters of a grating that stay fixed during a sweep, in display order. */
const FIXED = ['orientation', 'spatialFrequency', 'contrast', 'diameter', 'x', 'y'] as const;
type FixedName = (typeof FIXED)[number];

interface FixedControl extends Control {
  readonly name: FixedName;
  readonly value: number;
}

export interface Grating {
  /** Whether each neuron gets its own preferred grating at its own centre. */
  readonly own: boolean;
  /** Sliders of the parameters that all neurons share. */
  readonly controls: readonly FixedControl[];
  /** Values of the parameters that all neurons share, as in a request. */
  readonly fields: GratingFields;
  /** Returns the fixed fields for one neuron. */
  fieldsFor(own: OwnGrating | undefined): GratingFields;
  set(values: GratingFields): void;
  /** Chooses between each neuron's own grating and one for all. */
  choose(own: boolean): void;
  /** Whether a value differs from its default. */
  readonly changed: boolean;
  reset(): void;
}

type GratingFields = Readonly<Partial<Record<FixedName, number>>>;

/** Reads the grating from the address, without the swept parameter. */
export function useGrating({ parameter }: Pick<Swept, 'parameter'>): Grating {
  const { address } = usePage();
  const canvas = modelCanvas(useModel());
  const kinds = sliderControls('grating', canvas);
  const given = (name: FixedName) => address.get(name) !== '';
  const own = address.get('grating') !== 'same' && !OWN.some(given);
  const fixed = FIXED.filter((name) => name !== parameter).filter(
    // The direction determines the orientation.
    (name) => !(parameter === 'direction' && name === 'orientation'),
  );
  const names = fixed.filter((name) => !own || !isOwn(name));
  const controls = names.map((name) => {
    const control = kinds[name]!;
    return { ...control, name, value: numberIn(address.get(name), control) ?? control.start };
  });
  const fields = Object.fromEntries(controls.map(({ name, value }) => [name, value]));
  const set = (values: GratingFields) =>
    address.set(
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
    );
  return {
    own,
    controls,
    fields,
    fieldsFor: (grating) => {
      if (!own || !grating) return fields;
      const ownFields = Object.entries(grating.at).filter(([name]) =>
        fixed.includes(name as FixedName),
      );
      return { ...fields, ...Object.fromEntries(ownFields) };
    },
    set,
    choose: (each) =>
      address.set({
        grating: each ? '' : 'same',
        ...(each ? Object.fromEntries(OWN.map((name) => [name, ''])) : {}),
      }),
    changed: names.some(given),
    reset: () => address.set(Object.fromEntries(names.map((name) => [name, '']))),
  };
}

function isOwn(name: FixedName): boolean {
  return OWN.some((each) => each === name);
}

function numberIn(text: string, { min, max }: Control): number | undefined {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) return undefined;
  return Math.max(min, Math.min(max, value));
}
