import { expect, test } from 'vitest';
import {
  planCharacterization,
  runCharacterization,
} from '../../src/experiments/characterize/characterize.js';
import { experimentContext, type Subject } from '../../src/experiments/context.js';
import {
  addCosts,
  type Cost,
  countMultiplyAdds,
  expectedSeconds,
} from '../../src/experiments/cost.js';
import { planParametric, runParametric } from '../../src/experiments/parametric.js';
import { ReceptiveFieldRequest } from '../../src/experiments/position-probe.js';
import { planGradients, planResponses, present } from '../../src/experiments/presentation.js';
import {
  planQuickMeasurement,
  runQuickMeasurement,
} from '../../src/experiments/quick-measurement/quick-measurement.js';
import { mapReceptiveFields, planReceptiveField } from '../../src/experiments/receptive-field.js';
import { nativeCard } from '../../src/models/native-card.js';
import { SHARED_CORES } from '../../src/network/architectures/shared-cores.js';
import { multiplications } from '../../src/network/multiplications.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { energyEngine, energyModel } from '../support/energy-model.js';

const model = energyModel();
const subject: Subject = { model, limits: { maxStimuli: 20_000, maxPixels: 10_000 } };

/** A context that counts the requests to the model. */
function countingContext() {
  const engine = energyEngine();
  const spent = { stimuli: 0, passes: 0 };
  const respond = (stimuli: Stimuli, neurons: Int32Array) => {
    spent.stimuli += stimuli.count;
    spent.passes += stimuli.count * neurons.length;
    return engine.respond({ digest: model.digest, stimuli, neurons });
  };
  return { context: experimentContext({ respond }), spent };
}

type Context = ReturnType<typeof countingContext>['context'];
interface Planned {
  readonly cost: Cost;
  readonly run: (context: Context) => Promise<unknown>;
}
const PLANNED: Readonly<Record<string, () => Planned>> = {
  parametric: () => {
    const plan = planParametric(subject, { parameter: 'contrast', neurons: [0, 2] });
    return { cost: plan.cost, run: (context) => runParametric(plan, context) };
  },
  'receptive-field': () => {
    const request = ReceptiveFieldRequest.parse({ x: [-2, 0, 2], y: [0, 2], neurons: '1' });
    const plan = planReceptiveField(subject, request);
    return { cost: plan.cost, run: (context) => mapReceptiveFields(plan, context) };
  },
  'quick-measurement': () => {
    const plan = planQuickMeasurement(subject, { neurons: [1] });
    return { cost: plan.cost, run: (context) => runQuickMeasurement(plan, context) };
  },
  characterize: () => {
    const plan = planCharacterization({ model }, { neurons: [0, 1] });
    return { cost: plan.cost, run: (context) => runCharacterization(plan, context) };
  },
};

test.each(Object.entries(PLANNED))(
  '%s costs as many multiply-adds as its plan says',
  async (_, plan) => {
    const { context, spent } = countingContext();
    const { cost, run } = plan();
    await run(context);
    expect(spent).toEqual(cost);
  },
);

test('a gradient costs three forward passes', async () => {
  const size = { height: 30, width: 30 };
  const stimuli = {
    count: 2,
    ...size,
    channels: 1 as const,
    pixels: new Float32Array(2 * 900).fill(0.5),
  };
  const presentation = await present(model, { stimuli, notes: [[], []] }, '0-2');
  expect(planResponses(presentation).cost).toEqual({ stimuli: 2, passes: 6 });
  expect(planGradients(presentation).cost).toEqual({ stimuli: 2, passes: 18, shared: 18 });
});

test('a core is counted once for each stimulus, and for each pass of a gradient', () => {
  const network = SHARED_CORES.shared_core.network;
  const card = {
    ...model.card,
    architecture: { id: 'shared_core' as const, ...network },
    stimulus: { ...model.card.stimulus, height: 50, width: 50 },
  };
  const { shared, each } = multiplications(network, card.stimulus);
  expect(shared).toBeGreaterThan(1e6);
  expect(countMultiplyAdds({ stimuli: 10, passes: 30 }, { card })).toBe(10 * shared + 30 * each);
  const gradients = { stimuli: 10, passes: 90, shared: 90 };
  expect(countMultiplyAdds(gradients, { card })).toBe(90 * (shared + each));
  expect(addCosts({ stimuli: 1, passes: 2 }, gradients, { stimuli: 4, passes: 4 })).toEqual({
    stimuli: 15,
    passes: 96,
    shared: 95,
  });
  expect(addCosts({ stimuli: 1, passes: 2 }, { stimuli: 3, passes: 4 })).toEqual({
    stimuli: 4,
    passes: 6,
  });
});

test('the expected time follows from the multiply-adds of the networks and a rate', () => {
  const { architecture } = nativeCard(model.card);
  const large = {
    card: { ...model.card, stimulus: { ...model.card.stimulus, height: 50, width: 50 } },
  };
  const cost = { stimuli: 10, passes: 30 };
  const multiplyAdds = 30 * multiplications(architecture, { height: 50, width: 50 }).each;
  expect(countMultiplyAdds(cost, large)).toBe(multiplyAdds);
  const member = { weights: 'x', training: model.card.training };
  const ensemble = { card: { ...large.card, members: [member, member, member] } };
  expect(countMultiplyAdds(cost, ensemble)).toBe(3 * multiplyAdds);
  expect(expectedSeconds(cost, large, multiplyAdds / 4)).toBe(4);
  expect(() => expectedSeconds(cost, large, 0)).toThrow(
    new RangeError('wrong multiply-adds per second: 0; expected a number above 0'),
  );
});
