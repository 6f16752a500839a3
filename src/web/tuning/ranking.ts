import type { InferResponseType } from 'hono/client';
import { Problem } from '../../client/problem.js';
import type { Service } from '../service/service.js';
import { type Compared, sendToEach } from './compared-models.js';
import type { ComparedModels } from './use-compared-models.js';

type Tuning = Service['client']['v1']['models'][':model']['versions'][':version']['tuning'];
type Rank = InferResponseType<Tuning['rank']['$post']>;
type Peak = InferResponseType<Tuning['peak']['$post']>;
export type RankNeuron = Rank['neurons'][number];
export type PeakNeuron = Peak['neurons'][number];

/** A request to rank the stimuli of a set. */
export interface RankRequest {
  /** Digest of the stored set. */
  readonly set: string;
  /** Whether the stimuli differ from the model's input size. */
  readonly resized: boolean;
  /** Number of stimuli in the peak; '' for the default share. */
  readonly k: string;
  readonly neurons: readonly number[];
  /** Real responses, .npy of `[stimuli, neurons]`. */
  readonly responses: File | undefined;
}

export interface Ranking {
  readonly request: RankRequest;
  readonly rank: Compared<Rank>;
  readonly peak: Compared<Peak>;
}

/** Requests the rankings of all models. @throws Problem if the first model returns an error */
export async function fetchRanking(
  service: Service,
  { all, readNeuronIds }: ComparedModels,
  request: RankRequest,
  signal: AbortSignal,
): Promise<Ranking> {
  const { set, resized, k, neurons, responses } = request;
  const tuning = service.client.v1.models[':model'].versions[':version'].tuning;
  const sent = rankBody(set, responses);
  const send = <T>(route: Tuning['rank'] | Tuning['peak']) =>
    sendToEach<T>(all, neurons, readNeuronIds, async (model, ids) => {
      if (
        responses &&
        (await readNeuronIds(model)).length !== (await readNeuronIds(all[0]!)).length
      ) {
        throw new Problem(422, 'the real responses are not those of its neurons');
      }
      const { param } = model;
      const query = {
        neurons: ids.join(','),
        ...(k === '' ? {} : { k }),
        ...(resized ? { fit: 'resize' } : {}),
      };
      const url = route.$url({ param, query });
      return service.json<T>(service.send(url, { method: 'POST', signal, ...sent }));
    });
  const rank = await send<Rank>(tuning.rank);
  // The service has cached the responses by now.
  return { request, rank, peak: await send<Peak>(tuning.peak) };
}

function rankBody(set: string, responses: File | undefined): Pick<RequestInit, 'headers' | 'body'> {
  if (responses === undefined) {
    return {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stimulusSet: set }),
    };
  }
  const body = new FormData();
  body.append('stimulusSet', set);
  body.append('responses', responses);
  return { body };
}
