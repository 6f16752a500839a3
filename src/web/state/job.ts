import { useEffect, useState } from 'preact/hooks';
import { followJob, type Job } from '../../client/job-events.js';
import { usePage } from './context.js';

/** The current state of a job. */
export interface FollowedJob<Previews> {
  readonly job: Job | undefined;
  /** What the job has so far. */
  readonly previews: Previews;
  /** The reason why the job cannot be followed. */
  readonly error: Error | undefined;
  /** Whether the connection is lost. */
  readonly lost: boolean;
}

/** How the previews of a job become one value. */
export interface PreviewReader<Preview, Previews> {
  /** The value before the first preview. */
  readonly none: Previews;
  readonly add: (previews: Previews, preview: Preview) => Previews;
}

/**
 * Follows a job while the component is mounted; '' follows none.
 * @param reader the same object at each call
 */
export function useJob<Preview, Previews>(
  id: string,
  reader: PreviewReader<Preview, Previews>,
): FollowedJob<Previews> {
  const { service } = usePage();
  const unknown = { job: undefined, error: undefined, lost: false, previews: reader.none };
  const [state, setState] = useState<FollowedJob<Previews> & { readonly id: string }>({
    ...unknown,
    id,
  });
  useEffect(() => {
    if (id === '') return;
    const controller = new AbortController();
    let previews = reader.none;
    const update = (change: Partial<FollowedJob<Previews>>) => {
      if (controller.signal.aborted) return;
      setState((now) => ({ ...(now.id === id ? now : unknown), ...change, id }));
    };
    const follower = {
      onJob: (job: Job) => update({ job, lost: false }),
      onPreview: (preview: Preview) => {
        previews = reader.add(previews, preview);
        update({ previews });
      },
      onLost: () => update({ lost: true }),
    };
    followJob(service, id, follower, controller.signal).catch((error: Error) => update({ error }));
    return () => controller.abort();
  }, [id, service, reader]);
  return state.id === id ? state : unknown;
}
