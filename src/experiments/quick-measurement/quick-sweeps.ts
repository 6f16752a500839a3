import type { ModelCard } from '../../models/card.js';
import { defaultValues } from '../../stimulus/default-values.js';
import type { Canvas } from '../../stimulus/stimuli.js';
import { type AxisRequest, planSweep, type Sweep } from '../../stimulus/sweep.js';
import { defaultContrast, defaultDiameter } from '../default-grating.js';
import { type PositionProbe, planProbe, ReceptiveFieldRequest } from '../position-probe.js';

/** The quick measurement uses every third of the default spatial frequencies. */
const FREQUENCY_STEP = 3;

/** The stimuli of the quick measurement, which are the same for all neurons. */
export interface QuickSweeps {
  /** Bright and dark discs at 21 x 21 places. */
  readonly position: PositionProbe;
  /** Gratings at the middle of the image: 12 orientations by 8 spatial frequencies by 8 phases. */
  readonly grating: Sweep;
  /** The fixed parameters of the gratings. */
  readonly gratingAt: { readonly contrast: number; readonly diameter: number };
}

/** Plans the stimuli without rendering them. */
export function planQuickSweeps(card: ModelCard, canvas: Canvas): QuickSweeps {
  const gratingAt = { contrast: defaultContrast(card, canvas), diameter: defaultDiameter(canvas) };
  const frequencies = defaultValues('spatialFrequency', canvas)!.filter(
    (_, i) => i % FREQUENCY_STEP === 0,
  );
  const axes = [axis('orientation'), axis('spatialFrequency', frequencies)];
  return {
    position: planProbe(ReceptiveFieldRequest.parse({}), canvas),
    grating: planSweep({ stimulus: { grating: gratingAt }, axes }, canvas),
    gratingAt,
  };
}

function axis(parameter: string, values?: readonly number[]): AxisRequest {
  return { parameter, values, paths: { parameter, values: parameter } };
}
