import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';
import { type Asked, useAsked } from './asked.js';
import { usePage } from './context.js';
import type { Card, ChosenModel } from './models.js';

type Sets = Service['client']['v1']['stimulus-sets'];
export type StoredSet = InferResponseType<Sets['$get']>['stimulusSets'][number];
type Stored = InferResponseType<Sets['$put']>;

/** Digits after the point that a gray may have in a query. */
const GRAY_DIGITS = 9;

/**
 * The sets that are stored.
 * @param by when they are to be asked for again
 */
export function useStoredSets(by: string): Asked<readonly StoredSet[]> {
  const { service } = usePage();
  return useAsked(`sets ${by}`, async (signal) => {
    const asked = service.client.v1['stimulus-sets'].$get({}, { init: { signal } });
    return (await service.json(asked)).value.stimulusSets;
  });
}

/** Whether the stimuli of a set are of the size that a model sees. */
export function isOfSize({ height, width }: StoredSet, { stimulus }: Card): boolean {
  return height === stimulus.height && width === stimulus.width;
}

/** What a set is called where one is chosen. */
export function setWords({ digest, count, height, width, storedAt }: StoredSet): string {
  const when = new Date(storedAt).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const stimuli = count === 1 ? 'stimulus' : 'stimuli';
  return `${count} ${stimuli}, ${height} x ${width}, ${when} (${digest.slice(0, 8)})`;
}

/** What a model sees, for stimuli that are stored for it. */
export function canvasQuery({ card }: ChosenModel) {
  const { height, width, backgroundGray } = card.stimulus;
  return {
    ...{ height: String(height), width: String(width) },
    background: String(Number(backgroundGray.toFixed(GRAY_DIGITS))),
  };
}

/** What becomes of an image of another size. */
export type FileFit = 'crop' | 'resize';

/**
 * Stores images at the size that a model sees.
 * @returns the digest of the set that they are
 * @throws Problem as the service refuses them
 */
export function storeImages(
  service: Service,
  model: ChosenModel,
  files: readonly File[],
  fit: FileFit,
): Promise<string> {
  const body = new FormData();
  for (const file of files) body.append('stimuli', file);
  return put(service, { ...canvasQuery(model), fit }, { body });
}

/** Stores the stimuli of a .npy file as they are. @returns their digest @throws Problem */
export function storeFile(service: Service, file: File): Promise<string> {
  return put(service, {}, { body: file, headers: { 'Content-Type': 'application/x-npy' } });
}

async function put(
  service: Service,
  query: Readonly<Record<string, string>>,
  init: RequestInit,
): Promise<string> {
  const url = service.client.v1['stimulus-sets'].$url();
  url.search = new URLSearchParams(query).toString();
  const { value } = await service.json<Stored>(service.send(url, { method: 'PUT', ...init }));
  return value.digest;
}
