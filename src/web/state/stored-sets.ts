import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';
import { usePage } from './context.js';
import { type Fetched, useFetched } from './fetched.js';
import type { Card, ChosenModel } from './models.js';

type Sets = Service['client']['v1']['stimulus-sets'];
export type StoredSet = InferResponseType<Sets['$get']>['stimulusSets'][number];
type Stored = InferResponseType<Sets['$put']>;

/** Maximum number of decimals of a gray in a query. */
const GRAY_DIGITS = 9;

/**
 * Lists the stored stimulus sets.
 * @param by the list is requested again when this changes
 */
export function useStoredSets(by: string): Fetched<readonly StoredSet[]> {
  const { service } = usePage();
  return useFetched(`sets ${by}`, async (signal) => {
    const pending = service.client.v1['stimulus-sets'].$get({}, { init: { signal } });
    return (await service.json(pending)).value.stimulusSets;
  });
}

/** Whether the stimuli of a set have the model's input size. */
export function fitsModel({ height, width }: StoredSet, { stimulus }: Card): boolean {
  return height === stimulus.height && width === stimulus.width;
}

/** Describes a stored set in a list. */
export function setLabel({ digest, count, height, width, storedAt }: StoredSet): string {
  const when = new Date(storedAt).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const stimuli = count === 1 ? 'stimulus' : 'stimuli';
  return `${count} ${stimuli}, ${height} x ${width}, ${when} (${digest.slice(0, 8)})`;
}

/** The query for stimuli of the model's input size, channels and background. */
export function canvasQuery({ card }: ChosenModel) {
  const { height, width, channels, backgroundGray } = card.stimulus;
  return {
    height: String(height),
    width: String(width),
    channels: String(channels),
    background: String(Number(backgroundGray.toFixed(GRAY_DIGITS))),
  };
}

/** How an image of another size is fitted to the model's input. */
export type FileFit = 'crop' | 'resize' | 'stretch';

/**
 * Stores images at the model's input size.
 * @returns the digest of the stored set
 * @throws Problem if the service rejects the images
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

/** Stores the stimuli of a .npy file unchanged. @returns the digest @throws Problem */
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
