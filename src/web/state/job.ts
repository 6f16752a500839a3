import { useEffect, useState } from 'preact/hooks';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { followJob, type Job } from '../service/job-events.js';
import { usePage } from './context.js';

/** A job as it stands now. */
export interface FollowedJob {
  readonly job: Job | undefined;
  /** What a search has so far, by neuron. */
  readonly previews: ReadonlyMap<number, AscentPreview>;
  /** Why it cannot be followed. */
  readonly error: Error | undefined;
  /** The service does not answer just now. */
  readonly lost: boolean;
}

const UNKNOWN: FollowedJob = {
  ...{ job: undefined, error: undefined, lost: false },
  previews: new Map(),
};

/** Follows a job live, for as long as it is looked at; '' is none. */
export function useJob(id: string): FollowedJob {
  const { service } = usePage();
  const [state, setState] = useState<FollowedJob & { readonly id: string }>({ ...UNKNOWN, id });
  useEffect(() => {
    if (id === '') return;
    const controller = new AbortController();
    let previews: FollowedJob['previews'] = new Map();
    const tell = (change: Partial<FollowedJob>) => {
      if (controller.signal.aborted) return;
      setState((now) => ({ ...(now.id === id ? now : UNKNOWN), ...change, id }));
    };
    const follower = {
      onJob: (job: Job) => tell({ job, lost: false }),
      onPreview: (preview: AscentPreview) => {
        previews = new Map(previews).set(preview.neuron, preview);
        tell({ previews });
      },
      onLost: () => tell({ lost: true }),
    };
    followJob(service, id, follower, controller.signal).catch((error: Error) => tell({ error }));
    return () => controller.abort();
  }, [id, service]);
  return state.id === id ? state : UNKNOWN;
}
