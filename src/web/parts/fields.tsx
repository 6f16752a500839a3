import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface SliderProps {
  readonly label: string;
  readonly unit?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onValue: (value: number) => void;
}

/** A number that the user drags or types. */
export function Slider({ label, unit = '', value, min, max, step, onValue }: SliderProps) {
  const id = useId();
  const changed = (event: Event) => {
    const number = (event.currentTarget as HTMLInputElement).valueAsNumber;
    if (Number.isFinite(number)) onValue(Math.max(min, Math.min(max, number)));
  };
  return (
    <div class="slider">
      <label for={id}>
        {label} {unit && <span class="quiet">({unit})</span>}
      </label>
      <input id={id} type="range" value={value} min={min} max={max} step={step} onInput={changed} />
      <input
        type="number"
        value={value}
        min={min}
        max={max}
        step={step}
        aria-label={`${label}, as a number`}
        onChange={changed}
      />
    </div>
  );
}

export interface SelectProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onValue: (value: Value) => void;
}

export function Select<Value extends string>({
  label,
  value,
  options,
  onValue,
}: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        title={options.find(([each]) => each === value)?.[1]}
        onChange={(event) => onValue(event.currentTarget.value as Value)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each} selected={each === value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A choice between a few visible options. */
export function Segments<Value extends string>({
  label,
  value,
  options,
  onValue,
}: SelectProps<Value>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="hidden">{label}</legend>
      {options.map(([each, text]) => (
        <label key={each}>
          <input
            type="radio"
            name={name}
            value={each}
            checked={each === value}
            onChange={() => onValue(each)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

export interface NumberFieldProps {
  readonly label: string;
  /** null for an empty field. */
  readonly value: number | null;
  readonly step: number | 'any';
  readonly min?: number;
  readonly max?: number;
  readonly placeholder?: string;
  /** null for an empty field */
  readonly onValue: (value: number | null) => void;
}

/** A number that the user types, or leaves out. */
export function NumberField({ label, value, onValue, ...input }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        value={value ?? ''}
        {...input}
        onChange={(event) => {
          const number = event.currentTarget.valueAsNumber;
          onValue(Number.isFinite(number) ? number : null);
        }}
      />
    </div>
  );
}

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onValue: (value: string) => void;
}

/** A text of one line. */
export function TextField({ label, value, placeholder = '', onValue }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        placeholder={placeholder}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </div>
  );
}

export interface CheckFieldProps {
  readonly label: string;
  readonly value: boolean;
  readonly onValue: (value: boolean) => void;
}

/** A choice between yes and no. */
export function CheckField({ label, value, onValue }: CheckFieldProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={value}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />{' '}
      {label}
    </label>
  );
}

export interface FileFieldProps {
  readonly label: string;
  /** Such as `.npy,image/png`. */
  readonly accept: string;
  readonly multiple?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
  readonly children?: ComponentChildren;
}

/** A field for files that the user drops or chooses. */
export function FileField({ label, accept, multiple = false, onFiles, children }: FileFieldProps) {
  const id = useId();
  const take = (files: FileList | null | undefined) => {
    if (files && files.length > 0) onFiles([...files]);
  };
  return (
    <fieldset
      class="drop"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files);
      }}
    >
      <legend class="hidden">{label}</legend>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept={accept}
        multiple={multiple}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      {children}
    </fieldset>
  );
}
