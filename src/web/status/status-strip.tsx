import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../client/problem.js';
import type { Service } from '../service/service.js';
import { usePage } from '../state/context.js';
import type { ModelList } from '../state/models.js';
import { type Figures, figuresBetween, type MetricsSnapshot, readMetrics } from './figures.js';

const POLL_MS = 5000;
const HISTORY_MS = 60_000;

const DENIED = 'figures need a key with the scope metrics';

interface Status {
  readonly ready: boolean | undefined;
  readonly figures: Figures | undefined;
  /** The reason for missing figures. */
  readonly reason: string | undefined;
}

export interface StatusStripProps {
  readonly engine: ModelList['engine'];
  readonly digest: string;
}

/** Shows whether the service is ready, and its response times. */
export function StatusStrip({ engine, digest }: StatusStripProps) {
  const { ready, figures, reason } = useStatus();
  return (
    <footer class="status">
      <span>
        {ready === undefined ? (
          'loading…'
        ) : (
          <b class={ready ? 'good' : 'bad'}>{ready ? '● ready' : '○ not ready'}</b>
        )}
      </span>
      <span>
        engine <b>{engine.name}</b>, {engine.device}
      </span>
      {figures && (
        <>
          <span>
            queue <b>{figures.queue}</b>
          </span>
          <span title="computed by the engine: predictions, sweeps and characterizations">
            last minute: <b>{figures.stimuli.toLocaleString('en')}</b> stimuli computed
          </span>
          {figures.p50 !== undefined && figures.p99 !== undefined && (
            <span title="requests for responses, over HTTP and over streams">
              <b>{figures.predictions.toLocaleString('en')}</b> predictions, p50{' '}
              <b>{milliseconds(figures.p50)}</b>, p99 <b>{milliseconds(figures.p99)}</b>
            </span>
          )}
        </>
      )}
      {reason && <span>{reason}</span>}
      <span>
        model <code title={digest}>{digest.slice(0, 12)}…</code>
      </span>
      <a href="./guide/">guide</a> <a href="./docs">interface</a>
    </footer>
  );
}

/** Polls the service while the page is visible. */
function useStatus(): Status {
  const { service } = usePage();
  const [status, setStatus] = useState<Status>({
    ready: undefined,
    figures: undefined,
    reason: undefined,
  });
  const history = useRef<MetricsSnapshot[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    let denied = false;
    const poll = async () => {
      if (document.hidden) return;
      const now = await readStatus(service, history.current, denied, controller.signal);
      denied = now.reason === DENIED;
      if (!controller.signal.aborted) setStatus(now);
    };
    void poll();
    const timer = setInterval(() => void poll(), POLL_MS);
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [service]);
  return status;
}

async function readStatus(
  service: Service,
  history: MetricsSnapshot[],
  denied: boolean,
  signal: AbortSignal,
): Promise<Status> {
  const { client } = service;
  const ready = await client.readyz.$get({}, { init: { signal } }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (denied) return { ready, figures: undefined, reason: DENIED };
  try {
    const answer = await service.send(`${service.origin}/metrics`, { signal });
    if (answer.status === 403 || answer.status === 401) {
      return { ready, figures: undefined, reason: DENIED };
    }
    const poll = readMetrics(await answer.text(), performance.now());
    while (history.length > 1 && poll.at - history[0]!.at > HISTORY_MS) history.shift();
    history.push(poll);
    return { ready, figures: figuresBetween(history[0]!, poll), reason: undefined };
  } catch (error) {
    const reason = error instanceof Problem ? error.message : undefined;
    return { ready, figures: undefined, reason };
  }
}

function milliseconds(seconds: number): string {
  const value = 1000 * seconds;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
