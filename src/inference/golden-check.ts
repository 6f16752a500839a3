import { InputError } from '../errors.js';
import type { ModelCard } from '../models/card.js';
import type { Precision } from '../network/precision.js';
import { describeSize } from '../network/stimulus-size.js';
import { eightBitStimuli } from '../stimulus/eight-bit.js';
import type { Stimuli } from '../stimulus/stimuli.js';

/** The largest accepted deviation from the card's responses, as a share of their range. */
const TOLERANCE: Readonly<Record<Precision, number>> = {
  float32: 1e-4,
  // Three times the largest change that `npm run bench:precision` finds in networks of random parameters.
  bfloat16: 1e-2,
  int8: 2e-2,
};
/** What rounding may change, as a share of the largest response: a network may answer almost the same to all images. */
const ROUNDING = 1e-5;

/** The stimuli that a card keeps with their responses. */
export function goldenStimuli({ golden, stimulus }: ModelCard): Stimuli {
  const stimuli = eightBitStimuli(golden.stimuli, stimulus);
  if (stimuli) return stimuli;
  throw new InputError(`the card's golden stimuli are not ${describeSize(stimulus)} pixels`);
}

/**
 * Compares an engine's responses to the golden stimuli with the card's.
 * @param responses [stimuli, neurons]
 * @param precision in which they were computed
 * @throws InputError naming the neuron that is farthest off
 */
export function checkGolden(
  card: ModelCard,
  responses: Float32Array,
  precision: Precision = 'float32',
): void {
  const expected = card.golden.responses.flat();
  if (expected.length !== responses.length) {
    throw new InputError("the card's golden responses do not have one number for each neuron");
  }
  const [most, least] = [
    expected.reduce((a, b) => Math.max(a, b)),
    expected.reduce((a, b) => Math.min(a, b)),
  ];
  const largest = Math.max(most, -least);
  const allowed = Math.max(
    TOLERANCE[precision] * (most - least),
    ROUNDING * largest,
    Number.EPSILON,
  );
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(responses[index]! - value);
    if (difference <= allowed) continue;
    const neuron = card.neurons[index % card.neurons.length]!.id;
    const [where, remedy] =
      precision === 'float32' ? ['', ''] : [` in ${precision}`, '; float32 is more exact'];
    throw new InputError(
      `this engine does not reproduce the responses stored in the card${where}: ` +
        `neuron ${neuron} answers ${responses[index]} instead of ${value}${remedy}`,
    );
  }
}
