import { isOver } from '../../client/job-events.js';
import { FetchedView } from '../parts/notices.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { CurvesView } from './curves-view.js';
import { DataJob } from './data-job.js';
import { TrainForm } from './train-form.js';
import { useTrainJob } from './train-job.js';
import { Trained } from './trained.js';

interface TrainPanelProps {
  /** The digest of the dataset. */
  readonly digest: string;
}

/** Trains a model on the dataset: the form, the curves of the running training, and its result. */
export function TrainPanel({ digest }: TrainPanelProps) {
  const { service, address } = usePage();
  const { followed, report: trained } = useTrainJob();
  const dataset = useFetched(`dataset ${digest}`, async (signal) => {
    const route = service.client.v1.datasets[':digest'];
    const pending = route.$get({ param: { digest } }, { init: { signal } });
    return (await service.json(pending)).value;
  });
  const id = address.get('train');
  const { job, previews } = followed;
  const isRunning = job !== undefined && !isOver(job);
  const asksAgain = followed.error !== undefined || (job !== undefined && isOver(job));
  return (
    <section class="panel" aria-labelledby="train-title">
      <h2 id="train-title">3. The model</h2>
      {id !== '' && (
        <DataJob
          followed={followed}
          doing={previews.position === '' ? 'Training' : `Training, ${previews.position}`}
          unit="steps"
          remedy="Change the settings below, then train again."
        />
      )}
      {isRunning && <CurvesView curves={previews.curves} />}
      {job?.state === 'succeeded' && (
        <FetchedView fetched={trained} waiting="Loading the result…">
          {(answer) => (
            <>
              <Trained answer={answer} />
              <CurvesView curves={answer.value.curves} />
              <button
                type="button"
                class="another"
                onClick={() => address.set({ train: '' }, true)}
              >
                Train another model
              </button>
            </>
          )}
        </FetchedView>
      )}
      {(id === '' || (asksAgain && job?.state !== 'succeeded')) && (
        <FetchedView fetched={dataset} waiting="Loading the dataset…">
          {({ name, images, neurons, height, width, expectedSeconds }) => (
            <>
              <p>
                The dataset <strong>{name}</strong> has {images.toLocaleString('en')} images of{' '}
                {height} x {width} pixels and the responses of {neurons.toLocaleString('en')}{' '}
                {neurons === 1 ? 'neuron' : 'neurons'}.
              </p>
              <TrainForm
                key={digest}
                dataset={digest}
                name={name}
                expectedSeconds={expectedSeconds}
              />
            </>
          )}
        </FetchedView>
      )}
    </section>
  );
}
