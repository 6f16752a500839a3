import type { NeuronSelection } from '../../experiments/neurons.js';
import { frameBytes, HEADER, type PixelType } from '../../formats/stream-frames.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { Size } from '../../stimulus/fit.js';

/** The terms of a stream, which never change while it is open. */
export interface StreamTerms extends NeuronSelection {
  readonly model: ServedModel;
  readonly size: Size;
  readonly dtype: PixelType;
  /** Milliseconds from the arrival of a frame to the last moment for its responses. */
  readonly patience: number | undefined;
  /** Frames that may be unanswered at the same time. */
  readonly window: number;
}

/** The first message of a stream, from the service to the client: its terms. */
export function readyMessage(terms: StreamTerms, id: string): string {
  const { model, ids, size, dtype, patience, window } = terms;
  const { name, version, digest } = model;
  return JSON.stringify({
    type: 'ready',
    model: { name, version, digest },
    neurons: ids,
    shape: [size.height, size.width],
    dtype,
    patience: patience ?? null,
    limits: {
      frameBytes: frameBytes(size, dtype),
      answerBytes: HEADER + 4 * ids.length,
      framesAtWork: window,
    },
    id,
  });
}
