import { useState } from 'preact/hooks';
import { FileField, Select } from '../parts/fields.js';
import { Failed, Waiting } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import type { Fetched } from '../state/fetched.js';
import { type StoredSet, setLabel, storeFile } from '../state/stored-sets.js';
import { storeTrySet } from './store-try-set.js';
import { TRY_COUNT } from './try-set.js';

export interface SetChoiceProps {
  readonly sets: Fetched<readonly StoredSet[]>;
  /** Digest of the chosen set; '' for none. */
  readonly chosen: string;
  readonly onChoose: (digest: string) => void;
}

/** Chooses a stimulus set: a stored one, one from a file, or an example. */
export function SetChoice({ sets, chosen, onChoose }: SetChoiceProps) {
  const { service } = usePage();
  const model = useModel();
  const [storing, setStoring] = useState<'rest' | 'work' | Error>('rest');
  const store = async (task: () => Promise<string>) => {
    setStoring('work');
    try {
      onChoose(await task());
      setStoring('rest');
    } catch (error) {
      setStoring(error as Error);
    }
  };
  const options = (sets.value ?? []).map((set) => [set.digest, setLabel(set)] as const);
  const known = options.some(([digest]) => digest === chosen);
  const first = chosen === '' || known ? [] : [[chosen, `${chosen.slice(0, 8)}, not in the list`]];
  return (
    <section class="panel set-choice" aria-label="The stimulus set">
      <h2>The stimulus set</h2>
      {sets.error && <Failed error={sets.error} retry={sets.reload} />}
      {!sets.value && sets.waiting && <Waiting>Loading the stored sets…</Waiting>}
      {sets.value && (options.length > 0 || first.length > 0) && (
        <Select
          label="Stored sets"
          value={chosen}
          options={[
            ...(chosen === '' ? [['', 'choose one'] as const] : []),
            ...first.map(([digest, text]) => [digest!, text!] as const),
            ...options,
          ]}
          onValue={(digest) => {
            if (digest !== '') onChoose(digest);
          }}
        />
      )}
      <FileField
        label="Upload a set: .npy of (stimuli, height, width)"
        accept=".npy"
        onFiles={([file]) => void store(() => storeFile(service, file!))}
      />
      <button
        type="button"
        class={options.length === 0 ? 'primary' : ''}
        disabled={storing === 'work'}
        onClick={() => void store(() => storeTrySet(service, model))}
      >
        Make a set to try
      </button>
      <p class="quiet">
        An example of {TRY_COUNT} gabors, gratings, bars and discs, the same every time. The service
        stores it.
      </p>
      {storing === 'work' && <Waiting>Storing the set…</Waiting>}
      {storing instanceof Error && <Failed error={storing} />}
    </section>
  );
}
