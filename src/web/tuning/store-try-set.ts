import type { Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { canvasQuery } from '../state/stored-sets.js';
import { modelCanvas } from '../stimulus/chosen-stimulus.js';
import { trySet } from './try-set.js';

/** Stores example stimuli of the model's input size. @returns the digest @throws Problem */
export async function storeTrySet(service: Service, model: ChosenModel): Promise<string> {
  const json = { stimuli: trySet(modelCanvas(model)) };
  const pending = service.client.v1['stimulus-sets'].$put({ query: canvasQuery(model), json });
  return (await service.json(pending)).value.digest;
}
