import { useState } from 'preact/hooks';
import { NumberField } from '../parts/fields.js';

interface NumberPairProps {
  readonly legend: string;
  readonly labels: readonly [first: string, second: string];
  readonly value: readonly [first: number, second: number] | undefined;
  readonly min?: number;
  /** undefined unless both fields have a number */
  readonly onValue: (value: readonly [first: number, second: number] | undefined) => void;
}

/** Two numbers that only count together. */
export function NumberPair({ legend, labels, value, min, onValue }: NumberPairProps) {
  const [typed, setTyped] = useState<readonly [number | null, number | null]>(
    value ?? [null, null],
  );
  const take = (first: number | null, second: number | null) => {
    setTyped([first, second]);
    onValue(first === null || second === null ? undefined : [first, second]);
  };
  const [first, second] = typed;
  const field = { step: 'any', ...(min === undefined ? {} : { min }) } as const;
  return (
    <fieldset class="pair">
      <legend>{legend}</legend>
      <NumberField
        label={labels[0]}
        value={first}
        {...field}
        onValue={(number) => take(number, second)}
      />
      <NumberField
        label={labels[1]}
        value={second}
        {...field}
        onValue={(number) => take(first, number)}
      />
      {(first === null) !== (second === null) && (
        <span class="quiet">Fill both fields, or none.</span>
      )}
    </fieldset>
  );
}
