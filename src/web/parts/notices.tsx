import type { ComponentChildren } from 'preact';
import type { Asked } from '../state/asked.js';

/** What is being waited for. */
export function Waiting({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="waiting" role="status">
      <span class="spinner" aria-hidden="true" /> {children}
    </p>
  );
}

/** What went wrong, and what to do next. */
export function Failed({ error, again }: { readonly error: Error; readonly again?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>{error.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What is to be known of what is shown. */
export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="notice warn" aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}

export interface AskedViewProps<T> {
  readonly asked: Asked<T>;
  /** What is waited for, in words. */
  readonly waiting: string;
  readonly children: (value: T) => ComponentChildren;
}

/** An answer once it is there; what was there before stays, dimmed, until the next is. */
export function AskedView<T>({ asked, waiting, children }: AskedViewProps<T>) {
  const { value, error } = asked;
  if (error) return <Failed error={error} again={asked.again} />;
  if (value === undefined) return asked.waiting ? <Waiting>{waiting}</Waiting> : null;
  return (
    <div class={asked.waiting ? 'stale' : undefined} aria-busy={asked.waiting}>
      {children(value)}
    </div>
  );
}
