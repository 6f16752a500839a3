import { Command } from 'commander';
import {
  planCharacterization,
  runCharacterization,
} from '../experiments/characterize/characterize.js';
import { characterizationFiles } from '../experiments/characterize/files.js';
import { CharacterizationRequest } from '../experiments/characterize/schemas.js';
import { ParametricRequest, planParametric, runParametric } from '../experiments/parametric.js';
import { ReceptiveFieldRequest } from '../experiments/position-probe.js';
import { preferredStimulusFiles } from '../experiments/preferred-stimulus/files.js';
import {
  planPreferredStimulus,
  runPreferredStimulus,
} from '../experiments/preferred-stimulus/preferred-stimulus.js';
import { PreferredStimulusRequest } from '../experiments/preferred-stimulus/schemas.js';
import { planReceptiveField, runReceptiveField } from '../experiments/receptive-field.js';
import { createExperimentCommand, jsonFile } from './experiment-command.js';
import { createPeakCommand, createRankCommand } from './stimulus-commands.js';

/** `characterize`: all tuning of each neuron. */
export function createCharacterizeCommand(): Command {
  return createExperimentCommand({
    name: 'characterize',
    description:
      'measures receptive field, orientation, size, contrast and surround of each neuron',
    request: CharacterizationRequest,
    endings: ['csv', 'json'],
    interprets: false,
    run: async (subject, request, context) =>
      characterizationFiles(
        subject.model,
        await runCharacterization(planCharacterization(subject, request), context),
      ),
  });
}

/** `tune`: tuning to stimulus parameters, to position, or over a set of images. */
export function createTuneCommand(): Command {
  return new Command('tune')
    .description('measures tuning to stimulus parameters, to position, or over a set of images')
    .addCommand(
      createExperimentCommand({
        name: 'parametric',
        description: 'sweeps one or two parameters, by default the orientation of gratings',
        request: ParametricRequest,
        endings: ['json'],
        interprets: false,
        run: async (subject, request, context) =>
          jsonFile('tuning', await runParametric(planParametric(subject, request), context)),
      }),
      { isDefault: true },
    )
    .addCommand(
      createExperimentCommand({
        name: 'receptive-field',
        description: 'maps where on the image neurons respond',
        request: ReceptiveFieldRequest,
        endings: ['json'],
        interprets: false,
        run: async (subject, request, context) =>
          jsonFile(
            'receptive-field',
            await runReceptiveField(planReceptiveField(subject, request), context),
          ),
      }),
    )
    .addCommand(createRankCommand())
    .addCommand(createPeakCommand());
}

/** `preferred-stimulus`: images that raise the response most. */
export function createPreferredStimulusCommand(): Command {
  return createExperimentCommand({
    name: 'preferred-stimulus',
    description: 'finds the images that neurons respond to most, by gradient ascent',
    request: PreferredStimulusRequest,
    endings: ['json', 'npy', 'png'],
    interprets: true,
    run: async (subject, request, context) =>
      preferredStimulusFiles(
        subject.model,
        await runPreferredStimulus(planPreferredStimulus(subject, request), context),
      ),
  });
}
