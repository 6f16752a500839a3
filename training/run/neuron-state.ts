import { z } from 'zod';
import { NeuronCard } from '../../src/models/card.js';
import { column } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../data/measured.js';
import { type Recording, responseMatrix } from '../data/recording.js';

/** The state of a neuron while it is trained. */
export const NeuronState = z.strictObject({
  id: NeuronCard.shape.id,
  keptEpoch: NeuronCard.shape.keptEpoch,
  /** Of the kept epoch, on the images on which it is chosen. */
  CORR: NeuronCard.shape.CORR,
  /** Epochs in a row after which it answered every image the same. */
  flatEpochs: z.int().nonnegative(),
  stopped: NeuronCard.shape.stopped,
});
export type NeuronState = z.infer<typeof NeuronState>;

/** Why a neuron stopped before the others, as in the card. */
export const STOP_REASONS = {
  targets: 'its responses to the training images are all the same',
  loss: 'its loss is not finite',
  parameters: 'its parameters are not finite',
  flat: 'its network answers every image the same',
} as const;

/**
 * Epochs in a row with the same answer to every image after which a network counts as dead. Working networks
 * have one or two such epochs: those of the centre alone are slow at first.
 */
export const FLAT_EPOCHS = 5;

/** The state of a neuron before its training; one whose targets are all the same stops there. */
export function beginning(training: Recording, id: number): NeuronState {
  const all = column(responseMatrix(training), id);
  const targets = measuredPlaces(all).map((image) => all[image]!);
  const stopped = { epoch: 0, reason: STOP_REASONS.targets };
  return { id, keptEpoch: null, CORR: null, flatEpochs: 0, ...(allSame(targets) && { stopped }) };
}

/** Whether all values are the same. */
export function allSame(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
