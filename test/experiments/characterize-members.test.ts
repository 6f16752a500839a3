import { expect, test } from 'vitest';
import {
  planCharacterization,
  runCharacterization,
} from '../../src/experiments/characterize/characterize.js';
import { characterizationFiles } from '../../src/experiments/characterize/files.js';
import { CharacterizationResult } from '../../src/experiments/characterize/schemas.js';
import { experimentContext } from '../../src/experiments/context.js';
import { decodeCsv } from '../../src/formats/csv.js';
import { type Stimuli, stimulusAt } from '../../src/stimulus/stimuli.js';
import { stimulusStatistics } from '../../src/stimulus/training-range.js';
import { energyEngine, energyModel } from '../support/energy-model.js';

/** How much the contrast of a whole stimulus suppresses the members. */
const SUPPRESSION = [0.5, 1, 2];

test('the table of a characterization has the lowest and highest index of the members', async () => {
  const { card, ...served } = energyModel();
  const member = { weights: 'x', training: card.training };
  const model = { ...served, card: { ...card, members: SUPPRESSION.map(() => member) } };
  const engine = energyEngine();
  const population = card.neurons.length;
  // Columns population + member * population + neuron are those of the members.
  const respond = async (stimuli: Stimuli, columns: Int32Array) => {
    const neurons = columns.map((column) => column % population);
    const contrasts = Array.from(
      { length: stimuli.count },
      (_, i) => stimulusStatistics(stimulusAt(stimuli, i)).contrast,
    );
    const values = await engine.respond({ digest: model.digest, stimuli, neurons });
    return values.map((value, i) => {
      const column = columns[i % columns.length]!;
      const share = SUPPRESSION[Math.floor(column / population) - 1]!;
      return value - share * contrasts[Math.floor(i / columns.length)]!;
    });
  };
  const plan = planCharacterization({ model }, { neurons: [1] });
  const result = await runCharacterization(plan, experimentContext({ respond }));
  CharacterizationResult.parse(result);
  const csv = characterizationFiles(model, result).find(({ name }) => name.endsWith('.csv'))!;
  const [names, row] = decodeCsv(csv.bytes.toString());
  const value = (name: string) => Number(row![names!.indexOf(name)]);
  expect(value('gOSI lowest')).toBeLessThan(value('gOSI'));
  expect(value('gOSI highest')).toBeGreaterThan(value('gOSI'));
  expect(value('surroundSuppression lowest')).toBeLessThan(value('surroundSuppression'));
  expect(value('surroundSuppression highest')).toBeGreaterThan(value('surroundSuppression'));
  const fit = 'preferredOrientationFit';
  expect(value(`${fit} lowest (degrees)`)).toBeCloseTo(value(`${fit} (degrees)`), 1);
});
