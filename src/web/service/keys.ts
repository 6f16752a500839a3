import { type ReadonlySignal, signal } from '@preact/signals';

/** The API key; the browser deletes it with the tab. */
export interface Keys {
  readonly key: ReadonlySignal<string | null>;
  use(key: string): void;
}

const NAME = 'hypercolumn-key';

export function createKeys(storage: Storage): Keys {
  const key = signal(storage.getItem(NAME));
  return {
    key,
    use(given) {
      storage.setItem(NAME, given);
      key.value = given;
    },
  };
}
