import type { Kind, Parameters } from '../../stimulus/parametric/kinds.js';

/** A slider for a parameter of a stimulus. */
export interface Control {
  readonly label: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Initial value. */
  readonly start: number;
}

/** The stimulus kinds with sliders. */
export type DrawnKind = Extract<
  Kind,
  'grating' | 'gabor' | 'disc' | 'annulus' | 'centreSurround' | 'bar'
>;

type NumberIn<Of> = {
  [Name in keyof Of]-?: number extends Of[Name] ? Name : never;
}[keyof Of] &
  string;
type Controls<Of extends DrawnKind> = Readonly<Partial<Record<NumberIn<Parameters<Of>>, Control>>>;

export interface Canvas {
  readonly height: number;
  readonly width: number;
  /** The largest contrast that the background allows. */
  readonly contrast: number;
}

/** With this contrast, an image with a small first stimulus has the RMS contrast of a natural image. */
const FIRST_CONTRAST = 0.8;

const angle = (label: string, max: number): Control => {
  return { label, unit: 'degrees', min: 0, max, step: 1, start: 0 };
};
const pixels = (label: string, min: number, max: number, start: number): Control => {
  return { label, unit: 'pixels', min, max, step: 0.5, start: halfPixels(start) };
};
/** Rounds to the step of the sliders. */
const halfPixels = (length: number) => Math.round(2 * length) / 2;

/** Lists the sliders of a kind in their order. */
export function sliderControls(kind: DrawnKind, canvas: Canvas): Readonly<Record<string, Control>> {
  const side = Math.min(canvas.height, canvas.width);
  const max = Math.floor(1000 * canvas.contrast) / 1000;
  const orientation = angle('Orientation', 180);
  const phase = angle('Phase', 360);
  const spatialFrequency: Control = {
    label: 'Spatial frequency',
    unit: 'cycles/pixel',
    min: 0.01,
    max: 0.5,
    step: 0.005,
    start: 0.1,
  };
  const contrast: Control = {
    label: 'Michelson contrast',
    unit: '',
    min: 0,
    max,
    step: 0.001,
    start: Math.min(max, FIRST_CONTRAST),
  };
  const signed: Control = {
    ...contrast,
    label: 'Weber contrast',
    unit: 'below 0 dark',
    min: -1,
  };
  const x = pixels('x, right of the middle', -canvas.width / 2, canvas.width / 2, 0);
  const y = pixels('y, above the middle', -canvas.height / 2, canvas.height / 2, 0);
  const diameter = pixels('Diameter', 1, 1.5 * side, 0.4 * side);
  const hole = pixels('Diameter of the hole', 0.5, side, 0.2 * side);
  const all: { readonly [Of in DrawnKind]: Controls<Of> } = {
    grating: { orientation, spatialFrequency, phase, contrast, diameter, x, y },
    gabor: {
      orientation,
      wavelength: pixels('Wavelength', 2, side, 0.2 * side),
      phase,
      contrast,
      sigmaX: pixels('Sigma across the bars', 0.5, side / 2, 0.2 * side),
      sigmaY: pixels('Sigma along the bars', 0.5, side / 2, 0.2 * side),
      x,
      y,
    },
    disc: { diameter: { ...diameter, start: halfPixels(0.3 * side) }, contrast: signed, x, y },
    annulus: { diameter, innerDiameter: hole, contrast: signed, x, y },
    centreSurround: {
      orientation,
      surroundOrientation: angle('Orientation of the surround', 180),
      spatialFrequency,
      phase,
      contrast,
      diameter,
      surroundDiameter: pixels('Diameter of the surround', 1, 1.5 * side, 0.64 * side),
      gap: pixels('Gap', 0, side / 2, 0),
      x,
      y,
    },
    bar: {
      orientation,
      length: pixels('Length', 1, 1.5 * side, 0.4 * side),
      width: pixels('Width', 0.5, side / 2, 0.12 * side),
      contrast: signed,
      x,
      y,
    },
  };
  return all[kind];
}

/** Returns a stimulus of a kind with the initial parameters. */
export function firstEntry(kind: DrawnKind, canvas: Canvas): Readonly<Record<string, unknown>> {
  const controls = Object.entries(sliderControls(kind, canvas));
  return { [kind]: Object.fromEntries(controls.map(([name, { start }]) => [name, start])) };
}

export const DRAWN_KINDS: readonly (readonly [DrawnKind, string])[] = [
  ['grating', 'Grating'],
  ['gabor', 'Gabor'],
  ['disc', 'Disc'],
  ['annulus', 'Annulus'],
  ['centreSurround', 'Centre and surround'],
  ['bar', 'Bar'],
];
