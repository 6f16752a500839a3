import { useEffect, useState } from 'preact/hooks';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { followJob, type Job } from '../service/job-events.js';
import { usePage } from './context.js';

/** The current state of a job. */
export interface FollowedJob {
  readonly job: Job | undefined;
  /** The current images of a search, by neuron. */
  readonly previews: ReadonlyMap<number, AscentPreview>;
  /** The reason why the job cannot be followed. */
  readonly error: Error | undefined;
  /** Whether the connection is lost. */
  readonly lost: boolean;
}

const UNKNOWN: FollowedJob = {
  job: undefined,
  error: undefined,
  lost: false,
  previews: new Map(),
};

/** Follows a job while the component is mounted; '' follows none. */
export function useJob(id: string): FollowedJob {
  const { service } = usePage();
  const [state, setState] = useState<FollowedJob & { readonly id: string }>({ ...UNKNOWN, id });
  useEffect(() => {
    if (id === '') return;
    const controller = new AbortController();
    let previews: FollowedJob['previews'] = new Map();
    const update = (change: Partial<FollowedJob>) => {
      if (controller.signal.aborted) return;
      setState((now) => ({ ...(now.id === id ? now : UNKNOWN), ...change, id }));
    };
    const follower = {
      onJob: (job: Job) => update({ job, lost: false }),
      onPreview: (preview: AscentPreview) => {
        previews = new Map(previews).set(preview.neuron, preview);
        update({ previews });
      },
      onLost: () => update({ lost: true }),
    };
    followJob(service, id, follower, controller.signal).catch((error: Error) => update({ error }));
    return () => controller.abort();
  }, [id, service]);
  return state.id === id ? state : UNKNOWN;
}
