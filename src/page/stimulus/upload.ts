import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/context.js';

type Stored = InferResponseType<Service['client']['v1']['stimulus-sets']['$put']>;

/**
 * Stores images at the size that a model sees.
 * @returns the digest of the set that they are
 * @throws Problem as the service refuses them
 */
export async function uploadImages(
  service: Service,
  { card }: ChosenModel,
  files: readonly File[],
): Promise<string> {
  const { height, width, backgroundGray } = card.stimulus;
  const url = new URL(`${service.origin}/v1/stimulus-sets`);
  url.search = new URLSearchParams({
    ...{ height: String(height), width: String(width), fit: 'resize' },
    background: backgroundGray.toFixed(9),
  }).toString();
  const body = new FormData();
  for (const file of files) body.append('stimuli', file);
  const { value } = await service.json<Stored>(service.send(url, { method: 'PUT', body }));
  return value.digest;
}
