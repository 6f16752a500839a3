import { useEffect, useState } from 'preact/hooks';
import { Failed } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import type { Job } from '../state/characterization.js';
import { useModel, usePage } from '../state/context.js';

const POLL_MS = 1000;

export interface CharacterizeButtonProps {
  /** The running job, or the newest job with a result. */
  readonly job: Job | undefined;
  /** Called after a job has started, advanced or ended. */
  readonly onChange: () => void;
}

/** Starts the full characterization and shows its progress. */
export function CharacterizeButton({ job, onChange }: CharacterizeButtonProps) {
  const { service } = usePage();
  const { param } = useModel();
  const [error, setError] = useState<Error>();
  const running = job?.state === 'queued' || job?.state === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setTimeout(onChange, POLL_MS);
    return () => clearTimeout(timer);
  }, [running, job, onChange]);
  const act = async (task: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await task();
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
    <div class="characterize">
      {running ? (
        <>
          {job.state === 'queued' ? (
            <span class="quiet" role="status">
              The full characterization starts when the jobs before it are done.
            </span>
          ) : (
            <WorkProgress doing="Full characterization" unit="stimuli" {...job.progress} />
          )}
          <button type="button" onClick={() => void cancel(job.id)}>
            Cancel
          </button>
        </>
      ) : (
        <button type="button" class="primary" onClick={() => void start()}>
          Run the full characterization
        </button>
      )}
      {error && <Failed error={error} />}
    </div>
  );
}
