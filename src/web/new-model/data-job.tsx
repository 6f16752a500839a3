import { useState } from 'preact/hooks';
import { isOver, type Job } from '../../client/job-events.js';
import { Problem } from '../../client/problem.js';
import { Failed, Waiting } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import { endJob } from '../service/end-job.js';
import { usePage } from '../state/context.js';
import type { FollowedJob } from '../state/job.js';

interface DataJobProps {
  readonly followed: FollowedJob<unknown>;
  /** What is done, such as `Training`. */
  readonly doing: string;
  readonly unit: string;
  /** Steps of the job that make one unit. */
  readonly stepsOfUnit?: number;
  /** What the user can do after a job that has no result. */
  readonly remedy: string;
}

/** Shows a job until it has succeeded: its progress, or why it ended. */
export function DataJob({ followed, doing, unit, stepsOfUnit = 1, remedy }: DataJobProps) {
  const { service } = usePage();
  const [failure, setFailure] = useState<Error>();
  const { job, error, lost } = followed;
  if (error instanceof Problem && error.status === 404) {
    return <p class="notice warn">The job in the address does not exist any more. {remedy}</p>;
  }
  if (error) return <Failed error={error} />;
  if (lost) return <Waiting>The service does not answer. The page keeps trying.</Waiting>;
  if (!job) return <Waiting>Loading the job…</Waiting>;
  if (isOver(job)) return <Ended job={job} remedy={remedy} />;
  const { done, total, secondsLeft } = job.progress;
  return (
    <>
      <div class="row spread">
        {job.state === 'queued' ? (
          <p role="status">The job starts when the jobs before it are done.</p>
        ) : (
          <WorkProgress
            doing={doing}
            unit={unit}
            done={Math.round(done / stepsOfUnit)}
            total={Math.round(total / stepsOfUnit)}
            secondsLeft={secondsLeft}
          />
        )}
        <button type="button" onClick={() => void endJob(service, job.id).catch(setFailure)}>
          Cancel
        </button>
      </div>
      {failure && <Failed error={failure} />}
    </>
  );
}

function Ended({ job: { state, reason }, remedy }: { readonly job: Job; readonly remedy: string }) {
  if (state === 'succeeded') return null;
  const failed = state === 'failed';
  return (
    <div class={failed ? 'notice bad' : 'notice warn'} role="alert">
      {failed ? <p class="reason">{reason}</p> : <p>The job was {state}.</p>}
      <p>{remedy}</p>
    </div>
  );
}
