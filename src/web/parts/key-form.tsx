import { useId, useState } from 'preact/hooks';
import type { Keys } from '../service/keys.js';

/** Asks for the key that the service needs. */
export function KeyForm({ keys, wrong }: { readonly keys: Keys; readonly wrong: boolean }) {
  const id = useId();
  const [text, setText] = useState('');
  return (
    <form
      class="notice"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') keys.use(text.trim());
      }}
    >
      <p>
        This service needs a key. Get one from its operator (<code>npm run make-key</code>) and
        enter it here. The page keeps the key until you close this tab.
      </p>
      {wrong && (
        <p role="alert" class="wrong">
          The key was not accepted. Check that it is complete.
        </p>
      )}
      <div class="row">
        <label for={id}>Key</label>
        <input
          id={id}
          type="password"
          autocomplete="off"
          value={text}
          placeholder="hc_…"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Use it
        </button>
      </div>
    </form>
  );
}
