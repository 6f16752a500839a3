import { useEffect, useState } from 'preact/hooks';
import { Failed } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import type { Job } from '../state/battery.js';
import { useModel, usePage } from '../state/context.js';

/** Milliseconds from one look at the job to the next. */
const LOOKS = 1000;

export interface BatteryButtonProps {
  /** The job that runs, or the newest that has a result. */
  readonly job: Job | undefined;
  /** When there is another job, or it is over. */
  readonly onChange: () => void;
}

/** Starts the full battery of gratings, and shows how far it is. */
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
          {job.state === 'queued' ? (
            <span class="quiet" role="status">
              The full battery waits for the jobs before it.
            </span>
          ) : (
            <WorkProgress doing="Full battery" unit="stimuli" {...job.progress} />
          )}
          <button type="button" onClick={() => void cancel(job.id)}>
            Cancel
          </button>
        </>
      ) : (
        <button type="button" class="primary" onClick={() => void start()}>
          Run the full battery
        </button>
      )}
      {error && <Failed error={error} />}
    </div>
  );
}
