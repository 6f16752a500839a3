import { useModel, usePage } from '../state/context.js';
import { canvasOf } from '../stimulus/chosen-stimulus.js';
import { type Control, controlsOf } from '../stimulus/kinds.js';
import { OWN, type OwnGrating } from './own-gratings.js';
import type { Swept } from './swept.js';

/** What stays as it is while one parameter of a grating is swept, in its order. */
const FIXED = ['orientation', 'spatialFrequency', 'contrast', 'diameter', 'x', 'y'] as const;
export type FixedName = (typeof FIXED)[number];

export interface FixedControl extends Control {
  readonly name: FixedName;
  readonly value: number;
}

export interface Grating {
  /** Whether every neuron is shown its own preferred grating, at its own place. */
  readonly own: boolean;
  /** Of what is the same for all neurons. */
  readonly controls: readonly FixedControl[];
  /** What is the same for all neurons, as a request has it. */
  readonly fields: GratingFields;
  /** The fields for one neuron: its own grating where that is shown, less what is swept. */
  fieldsOf(own: OwnGrating | undefined): GratingFields;
  set(values: GratingFields): void;
  /** Shows each neuron its own grating, or the same to all. */
  choose(own: boolean): void;
  /** Whether anything is not as it stands at first. */
  readonly changed: boolean;
  reset(): void;
}

type GratingFields = Readonly<Partial<Record<FixedName, number>>>;

/** The grating in the address, less what is swept. */
export function useGrating({ parameter }: Pick<Swept, 'parameter'>): Grating {
  const { address } = usePage();
  const canvas = canvasOf(useModel());
  const kinds = controlsOf('grating', canvas);
  const given = (name: FixedName) => address.get(name) !== '';
  const own = address.get('grating') !== 'same' && !OWN.some(given);
  const fixed = FIXED.filter((name) => name !== parameter).filter(
    // it follows from the direction
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
    fieldsOf: (grating) => {
      if (!own || !grating) return fields;
      const ofNeuron = Object.entries(grating.at).filter(([name]) =>
        fixed.includes(name as FixedName),
      );
      return { ...fields, ...Object.fromEntries(ofNeuron) };
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
