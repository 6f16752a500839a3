import { type ReadonlySignal, signal } from '@preact/signals';

/** What the address bar holds: all that a view depends on, so that it can be shared. */
export interface Address {
  readonly values: ReadonlySignal<URLSearchParams>;
  /** Text of one name; '' where it is not there. */
  get(name: string): string;
  /**
   * @param changes by name; '' takes a name out
   * @param step whether the browser's back button is to come back to here
   */
  set(changes: Readonly<Record<string, string>>, step?: boolean): void;
}

/** Browsers refuse more than about ten changes of the address in a second. */
const SETTLES = 200;

/** The address of a window; what is dragged reaches the bar once it rests. */
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
      timer = window.setTimeout(() => write('replaceState'), SETTLES);
    },
  };
}
