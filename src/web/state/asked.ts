import { useEffect, useRef, useState } from 'preact/hooks';

/** How a question to the service stands; what was answered before stays until there is better. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly waiting: boolean;
  readonly again: () => void;
}

/**
 * Asks when the key changes, and lets go of what is not wanted any more.
 * @param key what the answer depends on; null: nothing is asked
 */
export function useAsked<T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<T>,
): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({
    value: undefined,
    error: undefined,
    waiting: key !== null,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  // the key says what the question depends on
  useEffect(() => {
    if (key === null) {
      setState({ value: undefined, error: undefined, waiting: false });
      return;
    }
    const controller = new AbortController();
    const settle = (end: Partial<Asked<T>>) => {
      if (!controller.signal.aborted) setState((now) => ({ ...now, waiting: false, ...end }));
    };
    setState(({ value }) => ({ value, error: undefined, waiting: true }));
    latest.current(controller.signal).then(
      (value) => settle({ value, error: undefined }),
      (error: Error) => settle({ error, value: undefined }),
    );
    return () => controller.abort();
  }, [key, round]);
  return { ...state, again: () => setRound((now) => now + 1) };
}
