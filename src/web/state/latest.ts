import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Asked } from './asked.js';

/**
 * As `useAsked`, for what is dragged: a question that is under way is let finish, and of those that came
 * meanwhile only the newest is asked, so that answers keep coming however fast the hand is.
 */
export function useLatest<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({
    value: undefined,
    error: undefined,
    waiting: true,
  });
  const [round, setRound] = useState(0);
  const pump = useRef({
    wanted: key,
    answered: '',
    ask,
    busy: false,
    controller: new AbortController(),
  });
  pump.current.ask = ask;

  // before the first question, so that leaving ends that one too
  useLayoutEffect(() => {
    pump.current.controller = new AbortController();
    return () => pump.current.controller.abort();
  }, []);

  // at once: an effect would wait for the next picture
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
        const end = await current.ask(signal).then(
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

  return { ...state, again: () => setRound((now) => now + 1) };
}
