import { useEffect, useState } from 'preact/hooks';
import { Failed } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import type { Job } from './battery.js';

/** Milliseconds from one look at the job to the next. */
const LOOKS = 1000;

export interface BatteryButtonProps {
  /** The job that runs, or the newest that has a result. */
  readonly job: Job | undefined;
  /** When there is another job, or it is over. */
  readonly onChange: () => void;
}

/** Starts the whole battery of gratings, and shows how far it is. */
export function BatteryButton({ job, onChange }: BatteryButtonProps) {
  const { service } = usePage();
  const { param } = useModel();
  const [error, setError] = useState<Error>();
  const running = job?.state === 'queued' || job?.state === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setTimeout(onChange, LOOKS);
    return () => clearTimeout(timer);
  }, [running, job, onChange]);
  const act = async (asked: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await asked();
      onChange();
    } catch (problem) {
      setError(problem as Error);
    }
  };
  const start = () =>
    act(() => {
      const routes = service.client.v1.models[':model'].versions[':version'];
      return service.json(routes.characterize.$post({ param, json: {} }));
    });
  const cancel = (id: string) =>
    act(() => service.json(service.client.v1.jobs[':id'].$delete({ param: { id } })));
  if (job?.state === 'succeeded') return null;
  return (
    <div class="battery">
      {running ? (
        <>
          <label>
            <span class="quiet">{progressText(job)}</span>
            <progress
              {...(job.progress.total > 0
                ? { value: job.progress.done, max: job.progress.total }
                : {})}
            />
          </label>
          <button type="button" onClick={() => void cancel(job.id)}>
            Cancel
          </button>
        </>
      ) : (
        <button type="button" class="primary" onClick={() => void start()}>
          Run the whole battery
        </button>
      )}
      {error && <Failed error={error} />}
    </div>
  );
}

function progressText({ state, progress }: Job): string {
  if (state === 'queued') return 'The battery waits for the job before it';
  const { done, total, secondsLeft } = progress;
  if (total === 0) return 'The whole battery: preparing its stimuli';
  const left = secondsLeft === null ? '' : `, about ${secondsLeft} s left`;
  return `The whole battery: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} stimuli${left}`;
}
