import { useEffect, useRef, useState } from 'preact/hooks';

/** The state of a request. The previous value stays until the next answer. */
export interface Fetched<T> {
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly waiting: boolean;
  readonly reload: () => void;
}

/**
 * Sends a request when the key changes and aborts the previous one.
 * @param key identifies the request; null sends none
 */
export function useFetched<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
): Fetched<T> {
  const [state, setState] = useState<Omit<Fetched<T>, 'reload'>>({
    value: undefined,
    error: undefined,
    waiting: key !== null,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  // The key contains everything that the request depends on.
  useEffect(() => {
    if (key === null) {
      setState({ value: undefined, error: undefined, waiting: false });
      return;
    }
    const controller = new AbortController();
    const settle = (end: Partial<Fetched<T>>) => {
      if (!controller.signal.aborted) setState((now) => ({ ...now, waiting: false, ...end }));
    };
    setState(({ value }) => ({ value, error: undefined, waiting: true }));
    latest.current(controller.signal).then(
      (value) => settle({ value, error: undefined }),
      (error: Error) => settle({ error, value: undefined }),
    );
    return () => controller.abort();
  }, [key, round]);
  return { ...state, reload: () => setRound((now) => now + 1) };
}
