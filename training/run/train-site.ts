import { stackPopulations } from '../data/rows.js';
import type { PopulationTask } from '../model/networks.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { splitIntoChunks } from './chunk.js';
import {
  type Companions,
  type TrainedPopulation,
  type TrainingReport,
  trainPopulation,
} from './population.js';

/** What accompanies the training of a site; reports say which population they are of, from 0. */
export interface SiteCompanions extends Pick<Companions, 'onStop' | 'interruption'> {
  readonly report: (population: number, progress: TrainingReport) => void;
}

/**
 * Trains the neurons in populations, one after the other, from where their checkpoint ends.
 * @throws Interrupted after the state has been saved
 */
export async function trainSite(
  task: PopulationTask,
  checkpoint: Checkpoint,
  { report, ...companions }: SiteCompanions,
): Promise<TrainedPopulation> {
  const trained = await checkpoint.finished();
  const chunks = splitIntoChunks(task.neurons, checkpoint.chunk);
  for (const [index, neurons] of chunks.entries()) {
    if (index < trained.length) continue;
    const population = await trainPopulation(
      { ...task, neurons },
      {
        ...companions,
        report: (progress) => report(index, progress),
        save: (state) => checkpoint.save(state),
      },
      await checkpoint.current(),
    );
    await checkpoint.finish(population);
    trained.push(population);
  }
  return {
    neurons: trained.flatMap(({ neurons }) => neurons),
    weights: stackPopulations(trained.map(({ weights }) => weights)),
  };
}
