import type { NeuronSelection } from '../../experiments/neurons.js';
import { frameBytes, HEADER, type PixelType } from '../../formats/stream-frames.js';
import type { ServedModel } from '../../inference/catalogue.js';
import {
  joinEnsemble,
  memberColumns,
  populationSize,
  reduceMembers,
} from '../../models/members.js';
import type { Size } from '../../stimulus/fit.js';

/** The terms of a stream, which never change while it is open. */
export interface StreamTerms extends NeuronSelection {
  readonly model: ServedModel;
  readonly size: Size;
  readonly dtype: PixelType;
  /** Whether each answer has the spread of an ensemble's members behind the responses. */
  readonly spread: boolean;
  /** Milliseconds from the arrival of a frame to the last moment for its responses. */
  readonly patience: number | undefined;
  /** Frames that may be unanswered at the same time. */
  readonly window: number;
}

/** The first message of a stream, from the service to the client: its terms. */
export function readyMessage(terms: StreamTerms, id: string): string {
  const { model, ids, size, dtype, spread, patience, window } = terms;
  const { name, version, digest } = model;
  return JSON.stringify({
    type: 'ready',
    model: { name, version, digest },
    neurons: ids,
    shape: [size.height, size.width],
    dtype,
    ...(spread ? { spread } : {}),
    patience: patience ?? null,
    limits: {
      frameBytes: frameBytes(size, dtype),
      answerBytes: HEADER + 4 * ids.length * (spread ? 2 : 1),
      framesAtWork: window,
    },
    id,
  });
}

/** The columns of the model that an answer needs. */
export function askedColumns({ model, columns, spread }: StreamTerms): Int32Array {
  return spread ? memberColumns(populationSize(model.card), columns) : columns;
}

/** The numbers of an answer, from the responses in `askedColumns`: the responses, then their spread. */
export function answerNumbers({ model, spread }: StreamTerms, values: Float32Array): Float32Array {
  if (!spread) return values;
  return joinEnsemble(reduceMembers(values, populationSize(model.card).members));
}
