import { type ReadonlySignal, signal } from '@preact/signals';

/** The address bar holds the state of the view, so that the user can share a link to it. */
export interface Address {
  readonly values: ReadonlySignal<URLSearchParams>;
  /** Returns the text of a name; '' if the address does not have it. */
  get(name: string): string;
  /**
   * @param changes texts by name; '' removes a name
   * @param step whether the browser's back button returns to the current state
   */
  set(changes: Readonly<Record<string, string>>, step?: boolean): void;
}

/** Browsers reject more than about ten changes of the address per second. */
const SETTLE_MS = 200;

/** Creates the address of a window. The bar changes once a dragged value rests. */
export function createAddress(window: Window): Address {
  const values = signal(new URLSearchParams(window.location.search));
  let timer: number | undefined;
  const write = (how: 'pushState' | 'replaceState') => {
    window.clearTimeout(timer);
    const text = values.value.toString();
    window.history[how](null, '', text === '' ? window.location.pathname : `?${text}`);
  };
  window.addEventListener('popstate', () => {
    window.clearTimeout(timer);
    values.value = new URLSearchParams(window.location.search);
  });
  return {
    values,
    get: (name) => values.value.get(name) ?? '',
    set(changes, step = false) {
      const next = new URLSearchParams(values.value);
      for (const [name, value] of Object.entries(changes)) {
        if (value === '') next.delete(name);
        else next.set(name, value);
      }
      if (next.toString() === values.value.toString()) return;
      if (step) {
        write('replaceState');
        values.value = next;
        write('pushState');
        return;
      }
      values.value = next;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => write('replaceState'), SETTLE_MS);
    },
  };
}
