import type { InferResponseType } from 'hono/client';
import { Problem } from '../service/problem.js';
import type { Service } from '../service/service.js';
import { askEach, type Compared } from './answerers.js';
import type { Answerers } from './use-answerers.js';

type Tuning = Service['client']['v1']['models'][':model']['versions'][':version']['tuning'];
export type Rank = InferResponseType<Tuning['rank']['$post']>;
export type Peak = InferResponseType<Tuning['peak']['$post']>;
export type RankNeuron = Rank['neurons'][number];
export type PeakNeuron = Peak['neurons'][number];

/** What is ranked. */
export interface RankQuestion {
  /** The digest of a stored set. */
  readonly set: string;
  /** Whether its stimuli have another size than the model sees. */
  readonly resized: boolean;
  /** '' for the share that is usual. */
  readonly k: string;
  readonly neurons: readonly number[];
  /** Real responses, .npy of `[stimuli, neurons]`. */
  readonly responses: File | undefined;
}

export interface Ranking {
  readonly question: RankQuestion;
  readonly rank: Compared<Rank>;
  readonly peak: Compared<Peak>;
}

/** Has every model rank the stimuli of a set. @throws Problem where the first cannot */
export async function askRanking(
  service: Service,
  { all, knownTo }: Answerers,
  question: RankQuestion,
  signal: AbortSignal,
): Promise<Ranking> {
  const { set, resized, k, neurons, responses } = question;
  const tuning = service.client.v1.models[':model'].versions[':version'].tuning;
  const sent = bodyOf(set, responses);
  const ask = <T>(route: Tuning['rank'] | Tuning['peak']) =>
    askEach<T>(all, neurons, knownTo, async (by, ids) => {
      if (responses && (await knownTo(by)).length !== (await knownTo(all[0]!)).length) {
        throw new Problem(422, 'the real responses are not those of its neurons');
      }
      const { param } = by;
      const query = {
        neurons: ids.join(','),
        ...(k === '' ? {} : { k }),
        ...(resized ? { fit: 'resize' } : {}),
      };
      const url = route.$url({ param, query });
      return service.json<T>(service.send(url, { method: 'POST', signal, ...sent }));
    });
  const rank = await ask<Rank>(tuning.rank);
  // the responses are kept by now
  return { question, rank, peak: await ask<Peak>(tuning.peak) };
}

function bodyOf(set: string, responses: File | undefined): Pick<RequestInit, 'headers' | 'body'> {
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
