import { Command } from 'commander';
import { InputError } from '../errors.js';
import type { JobExperiment } from '../experiments/job.js';
import { JOB_EXPERIMENTS, orderJob, runJob } from '../experiments/job-experiments.js';
import { ParametricRequest, planParametric, runParametric } from '../experiments/parametric.js';
import { ReceptiveFieldRequest } from '../experiments/position-probe.js';
import { planReceptiveField, runReceptiveField } from '../experiments/receptive-field.js';
import { createExperimentCommand, jsonFile } from './experiment-command.js';
import { createPeakCommand, createRankCommand } from './stimulus-commands.js';

/** A command for each experiment that the service runs as a job. */
export function createJobCommands(): Command[] {
  return JOB_EXPERIMENTS.map((experiment: JobExperiment) => {
    const { kind: name, summary, request, endings, interprets } = experiment;
    const description = summary
      .replace(/: a job$/, '')
      .replace(/^./, (first) => first.toLowerCase());
    return createExperimentCommand({
      name,
      description,
      request,
      endings,
      interprets,
      run: (subject, body, context) => {
        const order = orderJob(experiment, subject.model, body, null);
        return runJob(order, { ...context, ...subject, readStimulusSet });
      },
    });
  });
}

function readStimulusSet(digest: string): never {
  throw new InputError(
    `unknown stimulus set: ${digest}; expected none: only a service stores sets`,
  );
}

/** `tune`: tuning to stimulus parameters, to position, or over a set of images. */
export function createTuneCommand(): Command {
  return new Command('tune')
    .description('measures tuning to stimulus parameters, to position, or over a set of images')
    .helpCommand('help [command]', 'shows the help of a command')
    .addCommand(
      createExperimentCommand({
        name: 'parametric',
        description: 'sweeps one or two parameters, by default the orientation of gratings',
        request: ParametricRequest,
        endings: ['json'],
        interprets: false,
        run: async (subject, request, context) =>
          jsonFile('tuning', await runParametric(planParametric(subject, request), context)),
      }).summary('sweeps one or two parameters (default)'),
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
