import type { TrainingCurves, TrainReport } from '../../datasets/train-request.js';
import { usePage } from '../state/context.js';
import type { PreviewReader } from '../state/job.js';
import { type FollowedDataJob, useDataJob } from './data-job-state.js';

const CURVES: PreviewReader<TrainingCurves, TrainingCurves> = {
  none: { position: '', curves: [] },
  add: (_, newest) => newest,
};

/** A training, with its curves so far. */
export type FollowedTraining = FollowedDataJob<TrainingCurves, TrainReport>;

/** Follows the training in the address. */
export function useTrainJob(): FollowedTraining {
  const { address } = usePage();
  return useDataJob(address.get('train'), CURVES);
}
