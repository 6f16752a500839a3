import type { Page } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';

/** Parameters of a grating that each neuron has its own value of. */
export const OWN = ['orientation', 'spatialFrequency', 'x', 'y'] as const;

/** The preferred grating of a neuron: pixels from the image centre, degrees, cycles/pixel. */
export interface OwnGrating {
  readonly neuron: number;
  readonly at: Readonly<Record<(typeof OWN)[number], number>>;
  /** The measurement that found the grating. */
  readonly source: 'full characterization' | 'quick measurement';
  /** Whether a value comes from the largest response, because a fit failed. */
  readonly unsure: boolean;
}

/**
 * Reads the preferred gratings from the full characterization, or else from the quick measurement, which the
 * service computes if it is not stored.
 * @throws Problem
 */
export async function ownGratings(
  { service, readCharacterization }: Pick<Page, 'service' | 'readCharacterization'>,
  { param, card }: ChosenModel,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<readonly OwnGrating[]> {
  const full = await readCharacterization(card, signal).then(
    ({ found }) => found,
    // A service without jobs still has the quick measurement.
    () => new Map<number, never>(),
  );
  const others = ids.filter((id) => !full.has(id));
  const route = service.client.v1.models[':model'].versions[':version']['quick-measurement'];
  const quick =
    others.length === 0
      ? []
      : (
          await service.json(
            route.$post({ param, json: { neurons: others } }, { init: { signal } }),
          )
        ).value.neurons;
  return ids.flatMap((neuron) => {
    const measured = full.get(neuron);
    const source = measured ? ('full characterization' as const) : ('quick measurement' as const);
    const { preferred, fallbacks } = measured ?? quick.find(({ id }) => id === neuron) ?? {};
    if (!preferred || !fallbacks) return [];
    return [{ neuron, at: placed(preferred), source, unsure: fallbacks.length > 0 }];
  });
}

/** Rounds to the digits of the sliders. */
function placed({ x, y, orientation, spatialFrequency }: OwnGrating['at']): OwnGrating['at'] {
  const tenth = (value: number) => Math.round(10 * value) / 10;
  return {
    orientation: tenth(orientation) % 180,
    spatialFrequency: Number(spatialFrequency.toPrecision(3)),
    x: tenth(x),
    y: tenth(y),
  };
}
