import { type GatheredWarning, gatherWarnings } from '../../stimulus/warnings.js';
import type { Told } from './answerers.js';

/** What the indices are called, and their units. */
const INDICES: Readonly<Record<string, readonly [text: string, unit?: string]>> = {
  gOSI: ['Orientation selectivity, 1 − circular variance (gOSI)'],
  preferredOrientation: ['Preferred orientation, vector average', '°'],
  OSI: ['Orientation selectivity of two points (OSI)'],
  orthogonalToPreferred: ['Orthogonal / preferred'],
  bandwidth: ['Bandwidth, half width at 0.71 of the peak', '°'],
  preferredOrientationFit: ['Preferred orientation, of the fit', '°'],
  halfWidthAtHalfHeight: ['Half width at half height, of the fit', '°'],
  gDSI: ['Direction selectivity, vector sum (gDSI)'],
  preferredDirection: ['Preferred direction', '°'],
  preferredDirectionFit: ['Preferred direction, of the fit', '°'],
  DSI: ['Direction selectivity of two points (DSI)'],
  preferredSpatialFrequency: ['Preferred spatial frequency', 'cycles/pixel'],
  spatialFrequencyBandwidth: ['Bandwidth at half height', 'octaves'],
  lowHighRatio: ['Low / high frequency at 0.71 of the height'],
  SSI: ['Surround suppression (SSI), of the curve'],
  SSIAboveBlank: ['Surround suppression above the blank, of the curve'],
  summationField: ['Summation field, of the curve', 'pixels'],
  surroundDiameter: ['Surround diameter, of the curve', 'pixels'],
  SSIFit: ['Surround suppression (SSI), of the fit'],
  summationFieldFit: ['Summation field, of the fit', 'pixels'],
  surroundDiameterFit: ['Surround diameter, of the fit', 'pixels'],
  c50: ['Semi-saturation contrast (c50)'],
  Rmax: ['Largest response above b (Rmax)'],
  exponent: ['Exponent n'],
  supersaturation: ['Supersaturation s (1: none)'],
  F1F0: ['Modulation by phase, F1/F0 (complex cells: small)'],
  centreX: ['Centre x, right of the middle', 'pixels'],
  centreY: ['Centre y, above the middle', 'pixels'],
  diameter: ['Diameter', 'pixels'],
  sparseness: ['Sparseness'],
  shareAboveHalfPeak: ['Share of the stimuli above half of the peak'],
};

/** What an index is called; by its own name where it is not known here. */
export function indexWords(name: string): { readonly text: string; readonly unit: string } {
  const [text, unit = ''] = INDICES[name] ?? [name];
  return { text, unit };
}

const FITS: Readonly<Record<string, string>> = {
  vonMises: 'von Mises',
  logGaussian: 'Gaussian in log frequency',
  gaussian: 'Gaussian',
  differenceOfGaussians: 'Centre less surround, both Gaussian',
  nakaRushton: 'Naka-Rushton',
  supersaturating: 'Supersaturating form',
};

export function fitWords(name: string): string {
  return FITS[name] ?? name;
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
