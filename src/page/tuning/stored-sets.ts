import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/context.js';
import { canvasOf } from '../stimulus/chosen-stimulus.js';
import { trySet } from './try-set.js';

type Sets = Service['client']['v1']['stimulus-sets'];
export type StoredSet = InferResponseType<Sets['$get']>['stimulusSets'][number];
type Stored = InferResponseType<Sets['$put']>;

/** Digits after the point that a gray may have in a query. */
const GRAY_DIGITS = 9;

/** Stores the stimuli of a .npy file as they are. @returns their digest @throws Problem */
export async function storeFile(service: Service, file: File): Promise<string> {
  const headers = { 'Content-Type': 'application/x-npy' };
  const url = service.client.v1['stimulus-sets'].$url();
  const { value } = await service.json<Stored>(
    service.send(url, { method: 'PUT', body: file, headers }),
  );
  return value.digest;
}

/** Stores stimuli to try, of the size that a model sees. @returns their digest @throws Problem */
export async function storeTrySet(service: Service, model: ChosenModel): Promise<string> {
  const { height, width, backgroundGray } = model.card.stimulus;
  const query = {
    ...{ height: String(height), width: String(width) },
    background: String(Number(backgroundGray.toFixed(GRAY_DIGITS))),
  };
  const json = { stimuli: trySet(canvasOf(model)) };
  const { value } = await service.json(service.client.v1['stimulus-sets'].$put({ query, json }));
  return value.digest;
}

/** What a set is called where one is chosen. */
export function setWords({ digest, count, height, width, storedAt }: StoredSet): string {
  const when = new Date(storedAt).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return `${count} stimuli, ${height} x ${width}, ${when} (${digest.slice(0, 8)})`;
}
