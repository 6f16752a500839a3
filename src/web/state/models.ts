import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';

type Client = Service['client'];
export type ModelList = InferResponseType<Client['v1']['models']['$get']>;
export type Card = InferResponseType<Client['v1']['models'][':model']['$get']>;

/** The model that is looked at. */
export interface ChosenModel {
  readonly name: string;
  readonly version: number;
  readonly card: Card;
  /** Of its routes. */
  readonly param: { readonly model: string; readonly version: string };
}

/** A version that can be asked. */
export interface Choice {
  readonly name: string;
  readonly version: number;
  /** As it stands in the address, `name/version`. */
  readonly id: string;
  readonly latest: boolean;
  readonly digest: string;
}

/** Every version that is served, each name's latest first. */
export function choicesOf({ models }: ModelList): Choice[] {
  return models.flatMap(({ name, versions }) =>
    versions
      .filter(({ ready }) => ready)
      .toReversed()
      .map(({ version, digest = '' }, i) => {
        return { name, version, id: `${name}/${version}`, latest: i === 0, digest };
      }),
  );
}

/** What was found in the models' folder and is not served, with the reason. */
export function unservedOf({
  models,
}: ModelList): { readonly id: string; readonly reason: string }[] {
  return models.flatMap(({ name, versions }) =>
    versions
      .filter(({ ready }) => !ready)
      .map(({ version, reason = '' }) => ({ id: `${name}/${version}`, reason })),
  );
}
