import { isOver, type Job } from '../../client/job-events.js';
import { readProblem } from '../../client/problem.js';
import { save } from '../figures/save.js';
import { seconds } from '../parts/numbers.js';
import { WorkProgress } from '../parts/work-progress.js';
import { endJob } from '../service/end-job.js';
import type { Service } from '../service/service.js';
import { usePage } from '../state/context.js';

export interface JobRowProps {
  readonly job: Job;
  /** Runs a task of a button, shows its error and reads the list again. */
  readonly act: (task: () => Promise<unknown>) => Promise<void>;
}

/** Digits of a digest that are enough to know it again. */
const SHORT_DIGEST = 12;

/** Shows a job: its progress, or its end and the files of its result. */
export function JobRow({ job, act }: JobRowProps) {
  const { service } = usePage();
  const { id, kind, model, data, created, result } = job;
  const when = new Date(created).toLocaleString();
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>{model === null ? data?.slice(0, SHORT_DIGEST) : `${model.name}/${model.version}`}</td>
      <td>{when}</td>
      <td>
        <State job={job} />
      </td>
      <td>
        <div class="row">
          {result.map(({ name }) => (
            <button
              key={name}
              type="button"
              class="small"
              aria-label={`Download ${name} of the ${kind} job of ${when}`}
              onClick={() => void act(() => download(service, id, name))}
            >
              {name}
            </button>
          ))}
        </div>
      </td>
      <td>
        <button
          type="button"
          class="small"
          aria-label={`${isOver(job) ? 'Delete' : 'Cancel'} the ${kind} job of ${when}`}
          onClick={() => void act(() => endJob(service, id))}
        >
          {isOver(job) ? 'Delete' : 'Cancel'}
        </button>
      </td>
    </tr>
  );
}

function State({ job: { state, reason, progress, started, ended } }: Pick<JobRowProps, 'job'>) {
  if (state === 'running') return <WorkProgress doing="Running" unit="steps" {...progress} />;
  if (state === 'succeeded' && started !== null && ended !== null) {
    return <>succeeded in {seconds((Date.parse(ended) - Date.parse(started)) / 1000)}</>;
  }
  return (
    <>
      {state}
      {reason !== null && <span class="quiet">: {reason}</span>}
    </>
  );
}

/** @throws Problem, for example if the job was deleted */
async function download({ origin, send }: Service, id: string, name: string): Promise<void> {
  const part = encodeURIComponent(name);
  const answer = await send(`${origin}/v1/jobs/${id}/result?part=${part}`);
  if (!answer.ok) throw await readProblem(answer);
  save(name, answer.headers.get('Content-Type') ?? '', await answer.arrayBuffer());
}
