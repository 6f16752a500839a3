import { expect } from 'vitest';
import { z } from 'zod';
import { createNeuron } from '../../training/synthetic/neuron.js';
import { synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import { exampleTest, runExample } from '../support/examples.js';
import { greatestDifference } from '../support/numbers.js';
import { temporaryFolder } from '../support/store.js';

const EVENTS = 20;
const TRIALS = 500;

const Numbers = z.array(z.number());
const Moments = z.object({ mean: Numbers, variance: Numbers });
const Answers = z.object({
  expected: z.array(Numbers),
  one: Numbers,
  correlation: Numbers,
  shown: Numbers,
  poisson: Moments,
  recording: Moments,
  isRepeated: z.boolean(),
  isOther: z.boolean(),
});

exampleTest.for([{ colour: false }, { colour: true }])(
  'the made-up animal answers as the neurons of its site, colour $colour',
  async ({ colour }) => {
    const folder = await temporaryFolder();
    const site = synthesizeSite({
      ...{ site: 's', seed: 3, neurons: 6, images: 1, validation: 20, repeats: 4 },
      ...{ surround: true, colour },
    });
    await writeSite(folder, site);
    const { stdout } = await runExample(['test/examples/answer_site.py', folder]);
    const answers = Answers.parse(JSON.parse(stdout));
    const { neurons } = site.truth;

    const size = site.validationImages.length / 20;
    const images = Array.from({ length: 20 }, (_, i) =>
      Float32Array.from(site.validationImages.subarray(i * size, (i + 1) * size), (v) => v / 255),
    );
    const wanted = images.map((image) => neurons.map((neuron) => createNeuron(neuron)(image)));
    // Weights and pixels are float32 there and float64 here: 2^-24 of numbers around 1, summed over 2500 pixels.
    expect(greatestDifference(answers.expected.flat(), wanted.flat())).toBeLessThan(2e-6);
    expect(greatestDifference(answers.one, wanted[0]!)).toBeLessThan(2e-6);
    // The site's own correlation of the responses that were written with those without noise.
    expect(
      greatestDifference(
        answers.correlation,
        neurons.map(({ noiseCeiling }) => noiseCeiling),
      ),
    ).toBeLessThan(2e-6);

    for (const [n, { baseline, noise }] of neurons.entries()) {
      const above = answers.shown[n]! - baseline;
      const variances = {
        poisson: above / EVENTS,
        recording: (above * noise.multiplicative) ** 2 + noise.additive ** 2,
      };
      for (const kind of ['poisson', 'recording'] as const) {
        const { mean, variance } = answers[kind];
        // 5 standard errors of a mean, and of a variance: sqrt(2 / trials), or, of few events, sqrt((2 + 1 / events) / trials)
        const few = kind === 'poisson' ? 1 / (EVENTS * above) : 0;
        expect(Math.abs(mean[n]! - answers.shown[n]!)).toBeLessThan(
          5 * Math.sqrt(variances[kind] / TRIALS),
        );
        expect(Math.abs(variance[n]! / variances[kind] - 1)).toBeLessThan(
          5 * Math.sqrt((2 + few) / TRIALS),
        );
      }
    }
    expect(answers.isRepeated).toBe(true);
    expect(answers.isOther).toBe(true);
  },
);
