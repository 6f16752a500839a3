import fc from 'fast-check';
import { type Kind, type Parametric, SCHEMAS } from '../../../src/stimulus/parametric/kinds.js';
import { between } from '../../support/numbers.js';

const angle = fc.integer({ min: -720, max: 720 });
const offset = between(-12, 12);
const contrast = between(0, 1);
const signed = between(-1, 1);
const edge = fc.constantFrom('hard', 'cosine');
const frequency = between(0.005, 0.5);
const position = { x: offset, y: offset };
const wave = { orientation: angle, spatialFrequency: frequency, phase: angle, contrast };
const aperture = {
  diameter: fc.option(between(6, 60)),
  innerDiameter: fc.oneof(fc.constant(0), between(1, 5)),
  edge,
};

const FIELDS: Record<Kind, fc.Arbitrary<object>> = {
  grating: fc.record({ ...wave, ...aperture, ...position }),
  driftingGrating: fc.record({
    direction: angle,
    spatialFrequency: frequency,
    phase: angle,
    contrast,
    step: angle,
    frames: fc.integer({ min: 1, max: 5 }),
    ...aperture,
    ...position,
  }),
  gabor: fc.record({
    orientation: angle,
    wavelength: between(2, 60),
    phase: angle,
    contrast,
    sigmaX: between(0.5, 20),
    sigmaY: between(0.5, 20),
    ...position,
  }),
  disc: fc.record({ diameter: between(0.1, 60), contrast: signed, edge, ...position }),
  annulus: fc.record({
    diameter: between(6, 60),
    innerDiameter: between(0.1, 5),
    contrast: signed,
    edge,
    ...position,
  }),
  centreSurround: fc.record({
    ...wave,
    diameter: between(1, 20),
    gap: between(0, 6),
    edge,
    ...position,
    surroundDiameter: fc.option(between(33, 60)),
    surroundOrientation: angle,
    surroundSpatialFrequency: frequency,
    surroundPhase: angle,
    surroundContrast: contrast,
  }),
  plaid: fc.record({
    components: fc.array(fc.record(wave), { minLength: 2, maxLength: 5 }),
    ...aperture,
    ...position,
  }),
  bar: fc.record({
    orientation: angle,
    length: between(0.1, 60),
    width: between(0.1, 30),
    contrast: signed,
    ...position,
  }),
  sparseNoise: fc.record({
    size: fc.integer({ min: 1, max: 5 }),
    squares: fc.integer({ min: 1, max: 9 }),
    contrast,
    polarity: fc.constantFrom('both', 'bright', 'dark'),
    seed: fc.nat(1e9),
    frames: fc.integer({ min: 1, max: 5 }),
  }),
};

export const ALL_KINDS = Object.keys(SCHEMAS) as Kind[];

/** Stimuli of a kind with random parameters, parsed by its schema. */
export function stimuliOf<K extends Kind>(kind: K): fc.Arbitrary<Parametric<K>> {
  return FIELDS[kind].map((fields) => parametric(kind, fields));
}

/** A stimulus of a kind with defaults for the parameters that are not given. */
export function parametric<K extends Kind>(kind: K, fields: object): Parametric<K> {
  return { kind, parameters: SCHEMAS[kind].parse(fields) as Parametric<K>['parameters'] };
}
