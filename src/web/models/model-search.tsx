import { useId, useState } from 'preact/hooks';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { listChoices } from '../state/models.js';
import './model-search.css';

export interface ModelSearchProps {
  readonly label: string;
  /** What the field shows while the user does not search. */
  readonly shown: string;
  /** @param id of the chosen model, `name/version` */
  readonly onChoose: (id: string) => void;
}

/** Names that one search shows. */
const NAMES = 12;
/** Milliseconds without another key before the search is sent. */
const REST_MS = 150;

/** A field that searches the models of the service by name, site or architecture. */
export function ModelSearch({ label, shown, onChoose }: ModelSearchProps) {
  const id = useId();
  const { service } = usePage();
  /** Null while the list is closed. */
  const [text, setText] = useState<string | null>(null);
  const [marked, setMarked] = useState(0);
  const found = useFetched(text === null ? null : `search ${text}`, async (signal) => {
    if (text !== '') await rest(signal);
    const query = { limit: String(NAMES), ...(text ? { search: text } : {}) };
    return (await service.json(service.client.v1.models.$get({ query }, { init: { signal } })))
      .value;
  });
  const choices = found.value ? listChoices(found.value) : [];
  const more = (found.value?.total ?? 0) - (found.value?.models.length ?? 0);
  const search = (value: string | null) => {
    setText(value);
    setMarked(0);
  };
  const choose = (chosen: string | undefined) => {
    if (chosen === undefined) return;
    search(null);
    onChoose(chosen);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (text === null) search('');
      else setMarked(Math.max(0, Math.min(choices.length - 1, marked + step)));
    }
    // Until the answer is there, the list is that of the text before.
    if (event.key === 'Enter' && !found.waiting) choose(choices[marked]?.id);
    if (event.key === 'Escape') search(null);
  };
  const isOpen = text !== null && found.value !== undefined;
  return (
    <div class="field model-search">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && choices.length > 0 ? `${id}-${marked}` : undefined}
        placeholder={text === null ? '' : 'name, site or architecture'}
        value={text ?? shown}
        onFocus={() => search('')}
        onBlur={() => search(null)}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <div class="found" hidden={!isOpen}>
        <div id={`${id}-list`} role="listbox" aria-label={`${label}: models found`}>
          {choices.map((choice, i) => (
            <button
              key={choice.id}
              id={`${id}-${i}`}
              type="button"
              role="option"
              tabIndex={-1}
              aria-selected={i === marked}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(choice.id)}
            >
              {choice.id}
            </button>
          ))}
        </div>
        <p class="quiet" role="status">
          {choices.length === 0 && 'No model matches.'}
          {more > 0 && `${more.toLocaleString('en')} more: type to narrow the list`}
        </p>
      </div>
    </div>
  );
}

async function rest(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  signal.throwIfAborted();
}
