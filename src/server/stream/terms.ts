import type { NeuronSelection } from '../../experiments/neurons.js';
import { modelIdentity } from '../../experiments/result-parts.js';
import { type SpreadLimits, spreadLimits } from '../../experiments/spread-warnings.js';
import { frameBytes, headerBytes, type PixelType } from '../../formats/stream-frames.js';
import type { ServedModel } from '../../inference/catalogue.js';
import {
  joinEnsemble,
  memberColumns,
  populationSize,
  reduceMembers,
} from '../../models/members.js';
import { imageAxes, type StimulusShape } from '../../stimulus/stimuli.js';

/** The terms of a stream, which never change while it is open. */
export interface StreamTerms extends NeuronSelection {
  readonly model: ServedModel;
  /** The shape of each image. */
  readonly image: StimulusShape;
  readonly dtype: PixelType;
  /** Whether each answer has the spread of an ensemble's members behind the responses. */
  readonly spread: boolean;
  /** Whether each answer has the timestamps of the service, and clock probes are answered. */
  readonly stamps: boolean;
  /** Milliseconds from the arrival of a frame to the last moment for its responses. */
  readonly patience: number | undefined;
  /** Frames that may be unanswered at the same time. */
  readonly window: number;
}

/** The first message of a stream, from the service to the client: its terms. */
export function readyMessage(terms: StreamTerms, id: string): string {
  const { model, ids, image, dtype, spread, stamps, patience, window } = terms;
  return JSON.stringify({
    type: 'ready',
    model: modelIdentity(model),
    neurons: ids,
    shape: imageAxes(image),
    dtype,
    ...(spread ? { spread } : {}),
    ...(stamps ? { stamps } : {}),
    patience: patience ?? null,
    limits: {
      frameBytes: frameBytes(image, dtype),
      answerBytes: headerBytes(stamps) + 4 * ids.length * (spread ? 2 : 1),
      framesAtWork: window,
    },
    id,
  });
}

/** How the answers of a stream are made. */
export interface AnswerMaking {
  /** The columns of the model that an answer needs. */
  readonly asked: Int32Array;
  /** Of an ensemble that is warned of by the spread of its members. */
  readonly limits: SpreadLimits | null;
  /** Makes the numbers of an answer, the responses and then their spread if that is among the terms. */
  make(values: Float32Array): { readonly numbers: Float32Array; readonly spread?: Float32Array };
}

/** Decides how the answers of a stream are made. */
export function answerMaking({ model, columns, spread: isAsked }: StreamTerms): AnswerMaking {
  const limits = spreadLimits(model.card, columns);
  if (limits === null && !isAsked)
    return { asked: columns, limits, make: (numbers) => ({ numbers }) };
  const population = populationSize(model.card);
  return {
    asked: memberColumns(population, columns),
    limits,
    make(values) {
      const both = reduceMembers(values, population.members);
      return { numbers: isAsked ? joinEnsemble(both) : both.mean, spread: both.spread };
    },
  };
}
