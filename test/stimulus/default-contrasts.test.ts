import { expect, test } from 'vitest';
import { readModel } from '../../src/models/saved-model.js';
import { isKind, renderParametric, SCHEMAS } from '../../src/stimulus/parametric/kinds.js';
import { stimulusAt } from '../../src/stimulus/stimuli.js';
import { contrastWarnings } from '../../src/stimulus/training-range.js';

test.each(Object.keys(SCHEMAS).filter(isKind))(
  'a %s with all defaults is inside the training range of the demo model',
  async (kind) => {
    const { stimulus } = (await readModel('models/demo/1')).card;
    const { backgroundGray: background, trainingRange } = stimulus;
    const parameters = SCHEMAS[kind].parse({});
    const { stimuli } = renderParametric({ kind, parameters }, { ...stimulus, background });
    const warnings = Array.from({ length: stimuli.count }, (_, i) =>
      contrastWarnings(stimulusAt(stimuli, i), trainingRange!.contrast),
    );
    expect(warnings.flat()).toEqual([]);
  },
);
