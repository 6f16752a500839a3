import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Fetched } from './fetched.js';

/**
 * Sends requests as `useFetched` does, for dragged values. A running request finishes; then only the newest
 * key is requested, so that answers keep arriving during fast changes.
 */
export function useLatest<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Fetched<T> {
  const [state, setState] = useState<Omit<Fetched<T>, 'reload'>>({
    value: undefined,
    error: undefined,
    waiting: true,
  });
  const [round, setRound] = useState(0);
  const pump = useRef({
    wanted: key,
    answered: '',
    load,
    busy: false,
    controller: new AbortController(),
  });
  pump.current.load = load;

  // This effect comes first, so that unmounting also aborts the first request.
  useLayoutEffect(() => {
    pump.current.controller = new AbortController();
    return () => pump.current.controller.abort();
  }, []);

  // A layout effect runs immediately; an ordinary effect would wait for the next frame.
  useLayoutEffect(() => {
    pump.current.wanted = `${round} ${key}`;
    setState(({ value }) => ({ value, error: undefined, waiting: true }));
    void run();
  }, [key, round]);

  async function run(): Promise<void> {
    const { current } = pump;
    if (current.busy) return;
    current.busy = true;
    const { signal } = current.controller;
    try {
      while (current.answered !== current.wanted && !signal.aborted) {
        current.answered = current.wanted;
        const end = await current.load(signal).then(
          (value) => ({ value, error: undefined }),
          (error: Error) => ({ value: undefined, error }),
        );
        const waiting = current.answered !== current.wanted;
        if (!signal.aborted) setState({ ...end, waiting });
      }
    } finally {
      current.busy = false;
    }
  }

  return { ...state, reload: () => setRound((now) => now + 1) };
}
