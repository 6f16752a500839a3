import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { canvasQuery } from '../state/stored-sets.js';
import { canvasOf } from '../stimulus/chosen-stimulus.js';
import { trySet } from './try-set.js';

/** Stores stimuli to try, of the size that a model sees. @returns their digest @throws Problem */
export async function storeTrySet(service: Service, model: ChosenModel): Promise<string> {
  const json = { stimuli: trySet(canvasOf(model)) };
  const asked = service.client.v1['stimulus-sets'].$put({ query: canvasQuery(model), json });
  return (await service.json(asked)).value.digest;
}
