import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../service/problem.js';
import type { Service } from '../service/service.js';
import { usePage } from '../state/context.js';
import type { ModelList } from '../state/models.js';
import { type Histogram, histogramOf, quantile, samplesIn, since, valueIn } from './exposition.js';

/** Milliseconds between two looks, and how far the figures go back. */
const LOOKS = 5000;
const BACK = 60_000;
/** Routes that a rig waits for. */
const PREDICTIONS = /\/(responses|stream|infer)$/;

const DENIED = 'figures: for keys with the scope metrics';

interface Figures {
  readonly queue: number;
  readonly requests: number;
  /** Seconds. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

interface Status {
  readonly ready: boolean | undefined;
  readonly figures: Figures | undefined;
  /** Why there are no figures. */
  readonly reason: string | undefined;
}

export interface StatusStripProps {
  readonly engine: ModelList['engine'];
  readonly digest: string;
}

/** Whether all is well with the service, and how long its answers take. */
export function StatusStrip({ engine, digest }: StatusStripProps) {
  const { ready, figures, reason } = useStatus();
  return (
    <footer class="status">
      <span>
        {ready === undefined ? (
          'asking…'
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
          <span title="of responses to stimuli, over HTTP and over streams; no sweeps">
            last minute: <b>{figures.requests}</b> predictions, p50{' '}
            <b>{milliseconds(figures.p50)}</b>, p99 <b>{milliseconds(figures.p99)}</b>
          </span>
        </>
      )}
      {reason && <span>{reason}</span>}
      <span>
        model <code title={digest}>{digest.slice(0, 12)}…</code>
      </span>
      <a href="./docs">interface</a>
    </footer>
  );
}

/** Looks again and again while the page is seen. */
function useStatus(): Status {
  const { service } = usePage();
  const [status, setStatus] = useState<Status>({
    ready: undefined,
    figures: undefined,
    reason: undefined,
  });
  const history = useRef<{ readonly at: number; readonly histogram: Histogram }[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    let denied = false;
    const look = async () => {
      if (document.hidden) return;
      const now = await statusOf(service, history.current, denied, controller.signal);
      denied = now.reason === DENIED;
      if (!controller.signal.aborted) setStatus(now);
    };
    void look();
    const timer = setInterval(() => void look(), LOOKS);
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [service]);
  return status;
}

async function statusOf(
  service: Service,
  history: { readonly at: number; readonly histogram: Histogram }[],
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
    const samples = samplesIn(await answer.text());
    const histogram = histogramOf(samples, 'hypercolumn_answer_seconds', ({ route = '' }) =>
      PREDICTIONS.test(route),
    );
    const at = performance.now();
    while (history.length > 1 && at - history[0]!.at > BACK) history.shift();
    history.push({ at, histogram });
    const recent = since(history[0]!.histogram, histogram);
    const figures = {
      queue: valueIn(samples, 'hypercolumn_queue_depth') ?? 0,
      requests: [...recent.values()].at(-1) ?? 0,
      p50: quantile(recent, 0.5),
      p99: quantile(recent, 0.99),
    };
    return { ready, figures, reason: undefined };
  } catch (error) {
    const reason = error instanceof Problem ? error.message : undefined;
    return { ready, figures: undefined, reason };
  }
}

function milliseconds(seconds: number | undefined): string {
  if (seconds === undefined) return '–';
  const value = 1000 * seconds;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
