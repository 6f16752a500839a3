import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';

type Client = Service['client'];
export type ModelList = InferResponseType<Client['v1']['models']['$get']>;
export type Card = InferResponseType<Client['v1']['models'][':model']['$get']>;

/** The model that the page shows. */
export interface ChosenModel {
  readonly name: string;
  readonly version: number;
  readonly card: Card;
  /** Path parameters of the model's routes. */
  readonly param: { readonly model: string; readonly version: string };
}

/** A model version that is ready for requests. */
export interface Choice {
  readonly name: string;
  readonly version: number;
  /** The model in the address, `name/version`. */
  readonly id: string;
  readonly latest: boolean;
  readonly digest: string;
}

/** Lists the served versions, the latest of each name first. */
export function listChoices({ models }: ModelList): Choice[] {
  return models.flatMap(({ name, versions }) =>
    versions
      .filter(({ ready }) => ready)
      .toReversed()
      .map(({ version, digest = '' }, i) => {
        return { name, version, id: `${name}/${version}`, latest: i === 0, digest };
      }),
  );
}

/**
 * Finds a model that a list does not have, by its card.
 * @param id `name/version`, or `name` for the version that answers
 */
export async function fetchChoice(
  { client, json }: Service,
  id: string,
  signal: AbortSignal,
): Promise<Choice> {
  const [model = '', number] = id.split('/');
  const route = client.v1.models[':model'];
  const init = { init: { signal } };
  const answer =
    number === undefined
      ? await json(route.$get({ param: { model } }, init))
      : await json(route.versions[':version'].$get({ param: { model, version: number } }, init));
  const { name, version, digest } = answer.value;
  return { name, version, id: `${name}/${version}`, latest: number === undefined, digest };
}

/** Lists the versions in the models' folder that are not served, with reasons. */
export function listUnserved({
  models,
}: ModelList): { readonly id: string; readonly reason: string }[] {
  return models.flatMap(({ name, versions }) =>
    versions
      .filter(({ ready }) => !ready)
      .map(({ version, reason = '' }) => ({ id: `${name}/${version}`, reason })),
  );
}
