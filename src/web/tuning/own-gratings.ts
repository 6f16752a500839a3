import type { Page } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';

/** What of a grating is each neuron's own. */
export const OWN = ['orientation', 'spatialFrequency', 'x', 'y'] as const;

/** The grating that a neuron prefers, in pixels from the middle of the image, degrees and cycles/pixel. */
export interface OwnGrating {
  readonly neuron: number;
  readonly at: Readonly<Record<(typeof OWN)[number], number>>;
  /** Which measurement found it. */
  readonly by: 'full battery' | 'quick measurement';
  /** Whether place or grating are the largest response's, where no fit told them. */
  readonly unsure: boolean;
}

/**
 * The gratings that neurons prefer: of the full battery where that is kept, else of the quick measurement,
 * which the service makes where it is not kept.
 * @throws Problem
 */
export async function ownGratings(
  { service, readBattery }: Pick<Page, 'service' | 'readBattery'>,
  { param, card }: ChosenModel,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<readonly OwnGrating[]> {
  const full = await readBattery(card, signal).then(
    ({ found }) => found,
    // where no jobs can be kept, the quick measurement answers
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
    const by = measured ? ('full battery' as const) : ('quick measurement' as const);
    const { preferred, fallbacks } = measured ?? quick.find(({ id }) => id === neuron) ?? {};
    if (!preferred || !fallbacks) return [];
    return [{ neuron, at: placed(preferred), by, unsure: fallbacks.length > 0 }];
  });
}

/** With as many digits as sliders have. */
function placed({ x, y, orientation, spatialFrequency }: OwnGrating['at']): OwnGrating['at'] {
  const tenth = (value: number) => Math.round(10 * value) / 10;
  return {
    orientation: tenth(orientation) % 180,
    spatialFrequency: Number(spatialFrequency.toPrecision(3)),
    x: tenth(x),
    y: tenth(y),
  };
}
